//! The flow of parts as a Sankey diagram: elements in columns by their distance from the sources, bands as thick as
//! what went along them.

use super::format::count;
use super::svg::{Anchor, Rect, Svg, coordinate, shortened};
use linetwin_model::Scene;
use linetwin_model::report::FlowEdge;
use linetwin_model::scene::{ElementKind, Outcome};
use std::fmt::Write;

/// Narrowest column, and the width of the picture that columns are spread over.
const COLUMN_MIN: f64 = 110.0;
const WIDTH: f64 = 980.0;
/// Room for names left of the first column and right of the last.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 130.0;
const NODE_WIDTH: f64 = 12.0;
const FLOW_HEIGHT: f64 = 150.0;
const GAP: f64 = 34.0;
const TOP: f64 = 36.0;

struct Node<'a> {
    name: &'a str,
    column: usize,
    /// What passes: the larger of in and out.
    parts: u64,
    y: f64,
    /// How much of its height is taken by bands already drawn, out and in.
    used: [f64; 2],
}

/// `None` where nothing flowed.
pub fn sankey(scene: &Scene, flow: &[FlowEdge]) -> Option<String> {
    let edges: Vec<(usize, usize, u64)>;
    let mut nodes: Vec<Node<'_>>;
    {
        let moved: Vec<&FlowEdge> = flow.iter().filter(|edge| edge.count > 0 && edge.from != edge.to).collect();
        let names: Vec<&str> = scene
            .elements
            .iter()
            .map(|element| element.name.as_str())
            .filter(|name| moved.iter().any(|edge| edge.from == *name || edge.to == *name))
            .collect();
        let index_of = |name: &str| names.iter().position(|known| *known == name);
        edges = moved.iter().filter_map(|edge| Some((index_of(&edge.from)?, index_of(&edge.to)?, edge.count))).collect();
        let columns = columns(names.len(), &edges);
        nodes = names.into_iter().zip(columns).map(|(name, column)| Node { name, column, parts: 0, y: 0.0, used: [0.0; 2] }).collect();
    }
    if edges.is_empty() {
        return None;
    }
    for (index, node) in nodes.iter_mut().enumerate() {
        let out: u64 = edges.iter().filter(|(from, ..)| *from == index).map(|(.., parts)| parts).sum();
        let into: u64 = edges.iter().filter(|(_, to, _)| *to == index).map(|(.., parts)| parts).sum();
        node.parts = out.max(into);
    }
    let height_of = heights(&nodes);
    let height = place(&mut nodes, &edges, height_of);
    Some(draw(scene, nodes, &edges, height, height_of))
}

/// Longest distance from a source, without the edges that close a loop (found depth first, in scene order).
fn columns(count: usize, edges: &[(usize, usize, u64)]) -> Vec<usize> {
    let mut column = vec![0; count];
    let loops = closing_edges(count, edges);
    // Relaxing as often as there are nodes reaches the longest path of an acyclic graph.
    for _ in 0..count {
        for (index, (from, to, _)) in edges.iter().enumerate() {
            if !loops[index] {
                column[*to] = column[*to].max(column[*from] + 1);
            }
        }
    }
    column
}

fn closing_edges(count: usize, edges: &[(usize, usize, u64)]) -> Vec<bool> {
    let mut closes = vec![false; edges.len()];
    let mut finished = vec![false; count];
    let has_predecessor = |node: usize| edges.iter().any(|(_, to, _)| *to == node);
    let roots = (0..count).filter(|node| !has_predecessor(*node)).chain((0..count).filter(|node| has_predecessor(*node)));
    for root in roots {
        // The path from the root, with the next edge to look at for each node on it.
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.last().copied() {
            let Some(offset) = edges[next..].iter().position(|(from, ..)| *from == node) else {
                finished[node] = true;
                path.pop();
                continue;
            };
            let edge = next + offset;
            path.last_mut().expect("the path holds the node being looked at").1 = edge + 1;
            let to = edges[edge].1;
            if path.iter().any(|(on_path, _)| *on_path == to) {
                closes[edge] = true;
            } else if !finished[to] {
                path.push((to, 0));
            }
        }
    }
    closes
}

/// Height of a number of parts, so that the fullest column is [`FLOW_HEIGHT`] high.
fn heights(nodes: &[Node<'_>]) -> impl Fn(u64) -> f64 + Copy + use<> {
    let last = nodes.iter().map(|node| node.column).max().unwrap_or(0);
    let fullest = (0..=last).map(|column| nodes.iter().filter(|node| node.column == column).map(|node| node.parts).sum::<u64>()).max();
    let per_part = FLOW_HEIGHT / fullest.unwrap_or(1).max(1) as f64;
    move |parts| (parts as f64 * per_part).max(1.0)
}

/// Stacks each column around the middle of what flows into it; gives the height of the picture.
fn place(nodes: &mut [Node<'_>], edges: &[(usize, usize, u64)], height_of: impl Fn(u64) -> f64) -> f64 {
    let last = nodes.iter().map(|node| node.column).max().unwrap_or(0);
    let mut bottom = TOP + FLOW_HEIGHT;
    for column in 0..=last {
        let mut members: Vec<(f64, usize)> = (0..nodes.len())
            .filter(|index| nodes[*index].column == column)
            .map(|index| {
                let before = edges.iter().filter(|(from, to, _)| *to == index && nodes[*from].column < column);
                let (sum, parts) = before.fold((0.0, 0.0), |(sum, total), (from, _, parts)| {
                    let weight = *parts as f64;
                    (sum + weight * (nodes[*from].y + height_of(nodes[*from].parts) / 2.0), total + weight)
                });
                (if parts > 0.0 { sum / parts } else { TOP + FLOW_HEIGHT / 2.0 }, index)
            })
            .collect();
        // The main stream first: it then goes straight on, and what branches off lies below it.
        members.sort_by(|a, b| a.0.total_cmp(&b.0).then(nodes[b.1].parts.cmp(&nodes[a.1].parts)).then(a.1.cmp(&b.1)));
        let mut y = TOP;
        for (wanted, index) in members {
            let height = height_of(nodes[index].parts);
            nodes[index].y = (wanted - height / 2.0).max(y);
            y = nodes[index].y + height + GAP;
        }
        bottom = bottom.max(y - GAP);
    }
    bottom + 12.0
}

fn draw(scene: &Scene, mut nodes: Vec<Node<'_>>, edges: &[(usize, usize, u64)], height: f64, height_of: impl Fn(u64) -> f64) -> String {
    let last = nodes.iter().map(|node| node.column).max().unwrap_or(0);
    let spread = ((WIDTH - LEFT - RIGHT) / last.max(1) as f64).max(COLUMN_MIN);
    let x_of = |column: usize| LEFT + column as f64 * spread;
    let mut svg = Svg::new(x_of(last) + RIGHT, height);
    // From top to bottom at the far end, so that bands do not cross where they need not.
    let mut order: Vec<usize> = (0..edges.len()).collect();
    order.sort_by(|a, b| nodes[edges[*a].1].y.total_cmp(&nodes[edges[*b].1].y).then(a.cmp(b)));
    for index in order {
        let (from, to, parts) = edges[index];
        let thick = height_of(parts);
        let y0 = nodes[from].y + nodes[from].used[0] + thick / 2.0;
        let y1 = nodes[to].y + nodes[to].used[1] + thick / 2.0;
        nodes[from].used[0] += thick;
        nodes[to].used[1] += thick;
        let (x0, x1) = (x_of(nodes[from].column) + NODE_WIDTH, x_of(nodes[to].column));
        let bend = ((x1 - x0) / 2.0).max(40.0);
        let mut data = String::new();
        let [x0, y0, c0, c1, y1, x1] = [x0, y0, x0 + bend, x1 - bend, y1, x1].map(coordinate);
        write!(data, "M{x0} {y0}C{c0} {y0} {c1} {y1} {x1} {y1}").expect("writing into a string");
        let title = format!("{} to {}: {}", nodes[from].name, nodes[to].name, count(parts));
        svg.band(&data, &format!("flow {}", outcome_class(scene, nodes[to].name)), thick, &title);
    }
    for node in &nodes {
        let (x, node_height) = (x_of(node.column), height_of(node.parts));
        svg.rect_titled(Rect { x, y: node.y, width: NODE_WIDTH, height: node_height }, "node", node.name);
        // Beside the end of a way, above what goes on: a band must not run through a name.
        if node.used[0] == 0.0 {
            let (x, y) = (x + NODE_WIDTH + 6.0, node.y + node_height / 2.0);
            svg.text([x, y], Anchor::Start, "label", &shortened(node.name, 18));
            svg.text([x, y + 13.0], Anchor::Start, "tick", &count(node.parts));
            continue;
        }
        let middle = x + NODE_WIDTH / 2.0;
        svg.text([middle, node.y - 16.0], Anchor::Middle, "label", &shortened(node.name, 18));
        svg.text([middle, node.y - 4.0], Anchor::Middle, "tick", &count(node.parts));
    }
    svg.finish("flow of parts between elements")
}

fn outcome_class(scene: &Scene, name: &str) -> &'static str {
    let kind = scene.elements.iter().find(|element| element.name == name).map(|element| &element.kind);
    match kind {
        Some(ElementKind::Sink(sink)) if sink.outcome != Outcome::Good => "c-vermillion",
        Some(ElementKind::Sink(_)) => "c-green",
        _ => "c-blue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_follow_the_longest_way_and_loops_do_not_hang() {
        // 0 -> 1 -> 2 -> 4, 1 -> 3 -> 4, rework 2 -> 1
        let edges = [(0, 1, 9), (1, 2, 6), (2, 4, 5), (1, 3, 3), (3, 4, 3), (2, 1, 1)];
        assert_eq!(columns(5, &edges), [0, 1, 2, 2, 3]);
        assert_eq!(closing_edges(5, &edges), [false, false, false, false, false, true]);
        // A ring without a source still has columns.
        let ring = columns(3, &[(0, 1, 1), (1, 2, 1), (2, 0, 1)]);
        assert_eq!(ring, [0, 1, 2]);
    }
}
