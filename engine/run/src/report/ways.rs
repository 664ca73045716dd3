//! The page's sections on what routers sent where, on the orders of schedules, and on sensors that lied. Each is empty where a
//! line has nothing of the kind.

use super::format::{NONE, count, or_none, percent, span};
use linetwin_model::report::{ElementReport, FaultReport, KpiReport, OrderReport, WayReport};
use serde::Serialize;

#[derive(Serialize)]
pub struct WayRow<'a> {
    router: &'a str,
    way: &'a str,
    parts: String,
    share: String,
    /// Of the bar that shows the share [%].
    bar: f64,
}

#[derive(Serialize)]
pub struct OrderRow<'a> {
    source: &'a str,
    order: &'a str,
    part: &'a str,
    ordered: String,
    released: String,
    finished: String,
    lost: String,
    /// `open` where parts of it are still in the line, or not made.
    done: String,
    due: String,
    late: String,
    /// Finished after it was due.
    is_late: bool,
}

#[derive(Serialize)]
pub struct FaultRow<'a> {
    element: &'a str,
    mode: &'a str,
    faults: String,
    faulty: String,
    waiting: String,
    unseen: String,
    missed: String,
}

pub fn ways(report: &KpiReport) -> Vec<WayRow<'_>> {
    let rows = report.elements.iter().flat_map(|element| element.ways.iter().map(move |way| (element, way)));
    rows.map(|(element, way)| way_row(element, way)).collect()
}

fn way_row<'a>(element: &'a ElementReport, way: &'a WayReport) -> WayRow<'a> {
    WayRow {
        router: &element.name,
        way: &way.way,
        parts: count(way.parts),
        share: or_none(way.share, percent),
        bar: (way.share.unwrap_or(0.0) * 1000.0).round() / 10.0,
    }
}

/// Orders that were begun, and those that should have been.
pub fn orders(report: &KpiReport) -> Vec<OrderRow<'_>> {
    let end_s = report.window.end_s;
    let due = |order: &&OrderReport| order.released > 0 || order.due_s.is_some_and(|due_s| due_s <= end_s);
    let rows = report.elements.iter().flat_map(|element| element.orders.iter().map(move |order| (element, order)));
    rows.filter(|(_, order)| due(order)).map(|(element, order)| order_row(element, order)).collect()
}

fn order_row<'a>(element: &'a ElementReport, order: &'a OrderReport) -> OrderRow<'a> {
    let late = |seconds: f64| if seconds <= 0.0 { format!("{} early", span(-seconds)) } else { format!("{} late", span(seconds)) };
    OrderRow {
        source: &element.name,
        order: &order.order,
        part: &order.part,
        ordered: count(u64::from(order.quantity)),
        released: count(order.released),
        finished: count(order.finished),
        lost: count(order.lost),
        done: order.finished_at_s.map_or("open".to_owned(), span),
        due: or_none(order.due_s, span),
        late: or_none(order.lateness_s, late),
        is_late: order.lateness_s.is_some_and(|seconds| seconds > 0.0),
    }
}

pub fn faults(report: &KpiReport) -> Vec<FaultRow<'_>> {
    let rows = report.elements.iter().flat_map(|element| element.faults.iter().map(move |fault| (element, fault)));
    rows.map(|(element, fault)| fault_row(element, fault)).collect()
}

fn fault_row<'a>(element: &'a ElementReport, fault: &'a FaultReport) -> FaultRow<'a> {
    let some = |number: u64| if number == 0 { NONE.to_owned() } else { count(number) };
    FaultRow {
        element: &element.name,
        mode: &fault.mode,
        faults: count(fault.faults),
        faulty: span(fault.faulty_s),
        waiting: if fault.waiting_s > 0.0 { span(fault.waiting_s) } else { NONE.to_owned() },
        unseen: some(fault.unseen),
        missed: some(fault.missed_diverts),
    }
}
