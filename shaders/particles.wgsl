// Bulk material as soft spheres: rows of candidates on the device, contacts seen from both of their sides, one launch (two
// with walls) for a step. What it means, layouts and units: engine/compute/src/kernels/particles.rs, whose helpers have the
// same names.
//
// WGSL has no 64 bits: an integer of them is a vec2u, low word first. It has no templates: what only counts is a helper of
// its own. The fourth number of a spin holds the bits of a material, so spins cross as u32.

struct Place {
    at: vec3i,
    radius: f32,
}
struct Line {
    momentum: array<vec2u, 3>,
    id: vec2u,
    spin: array<vec2u, 3>,
    material: vec2u,
}
struct Slot {
    other: u32,
    shear: array<f32, 3>,
}
struct PlacedFacet {
    corners: array<i32, 9>,
    normal: array<f32, 3>,
    wall: u32,
    plane: u32,
    unused: array<u32, 2>,
}
struct MovingWall {
    velocity_mps: vec3f,
    material: u32,
    angular_velocity_radps: vec3f,
    unused_1: u32,
    pivot: vec3i,
    unused_2: u32,
}
struct Body {
    at: vec3i,
    wall: u32,
    rest: vec3f,
    mass_kg: f32,
    rotation: vec4f,
    rotation_rest: vec4f,
    inertia: vec3f,
    reach_m: f32,
    carried_mps: vec3f,
    moved_m: f32,
    carried_radps: vec3f,
    slack_m: f32,
    falls: u32,
    lost: u32,
    unused: array<u32, 2>,
    momentum: array<vec2u, 3>,
    spin: array<vec2u, 3>,
    felt: array<vec2u, 6>,
}
struct BodyFacet {
    corners: array<f32, 9>,
    normal: array<f32, 3>,
    body: u32,
    facet: u32,
    is_first: u32,
    unused: u32,
}
struct RigidClump {
    at: vec3i,
    first: u32,
    rest: vec3f,
    mass_kg: f32,
    rotation: vec4f,
    rotation_rest: vec4f,
    inertia: vec3f,
    reach_m: f32,
    count: u32,
    material: u32,
    lost: u32,
    radius_m: f32,
    momentum: array<vec2u, 3>,
    id: vec2u,
    spin: array<vec2u, 3>,
    unused: vec2u,
}
struct ClumpSphere {
    offset: array<f32, 3>,
    radius: f32,
}
struct PairConstants {
    normal: f32,
    shear: f32,
    normal_damping: f32,
    shear_damping: f32,
    friction: f32,
    rolling_friction: f32,
    rolling_damping: f32,
    cohesion: f32,
}
struct Scales {
    dt_s: f32,
    metre_per_quantum: f32,
    momentum_per_quantum: f32,
    spin_per_quantum: f32,
    quanta_per_step: f32,
    linear_quanta_per_newton: f32,
    angular_quanta_per_newton_metre: f32,
    gravity_quanta_per_kg: array<f32, 3>,
    largest_way: f32,
    bounds: array<u32, 3>,
}
struct StepParameters {
    scales: Scales,
    count: u32,
    material_count: u32,
    hertz: u32,
    rolling: u32,
    step: u32,
    drift: array<i32, 3>,
}
struct GridAxis {
    axis: u32,
    cells: u32,
    low: i32,
}
struct GridLayout {
    fast: GridAxis,
    middle: GridAxis,
    slow: GridAxis,
    cell_per_quantum: f32,
    metre_per_quantum: f32,
}
struct SortParameters {
    grid: GridLayout,
    count: u32,
    leavers: u32,
    last_cell: u32,
    drift: array<f32, 3>,
    resting_slack_m: f32,
    ahead_s: f32,
    largest_m: f32,
}
struct RowParameters {
    grid: GridLayout,
    count: u32,
    clumped: u32,
}
struct FacetParameters {
    low: array<i32, 3>,
    cells: array<u32, 3>,
    cell: i32,
    plane_count: u32,
    count: u32,
    slack_m: f32,
    metre_per_quantum: f32,
}
struct HistoryParameters {
    count: u32,
    old_count: u32,
    rolling: u32,
}
struct Survey {
    velocity: array<atomic<u32>, 6>,
    square: array<atomic<u32>, 2>,
    low: array<atomic<i32>, 3>,
    high: array<atomic<i32>, 3>,
    unused: array<u32, 2>,
}
struct SurveyParameters {
    count: u32,
}

@group(0) @binding(0) var<storage, read> places: array<Place>;
@group(0) @binding(1) var<storage, read> velocities: array<vec4f>;
@group(0) @binding(2) var<storage, read> spins: array<vec4u>;
@group(0) @binding(3) var<storage, read> constants: array<PairConstants>;
@group(0) @binding(4) var<storage, read_write> anchors: array<Place>;
@group(0) @binding(5) var<storage, read> row_starts: array<u32>;
@group(0) @binding(6) var<storage, read_write> slots: array<Slot>;
@group(0) @binding(7) var<storage, read_write> rolls: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> lines: array<Line>;
@group(0) @binding(9) var<storage, read_write> next_places: array<Place>;
@group(0) @binding(10) var<storage, read_write> next_velocities: array<vec4f>;
@group(0) @binding(11) var<storage, read_write> next_spins: array<vec4u>;
@group(0) @binding(12) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(13) var<storage, read> parameters: StepParameters;
@group(0) @binding(13) var<storage, read> survey_parameters: SurveyParameters;
@group(0) @binding(13) var<storage, read> sort_parameters: SortParameters;
@group(0) @binding(13) var<storage, read> row_parameters: RowParameters;
@group(0) @binding(13) var<storage, read> facet_parameters: FacetParameters;
@group(0) @binding(13) var<storage, read> history_parameters: HistoryParameters;
@group(0) @binding(14) var<storage, read_write> facets: array<PlacedFacet>;
@group(0) @binding(15) var<storage, read_write> walls: array<MovingWall>;
@group(0) @binding(16) var<storage, read_write> touches: array<vec4f>;
@group(0) @binding(17) var<storage, read_write> impulses: array<array<atomic<u32>, 12>>;
@group(0) @binding(18) var<storage, read_write> survey: array<Survey>;
@group(0) @binding(19) var<storage, read> leavers: array<u32>;
@group(0) @binding(20) var<storage, read_write> cells: array<u32>;
@group(0) @binding(21) var<storage, read_write> ranks: array<u32>;
@group(0) @binding(22) var<storage, read_write> cell_counts: array<atomic<u32>>;
@group(0) @binding(23) var<storage, read> cell_starts: array<u32>;
@group(0) @binding(24) var<storage, read_write> next_lines: array<Line>;
@group(0) @binding(25) var<storage, read_write> order: array<u32>;
@group(0) @binding(26) var<storage, read_write> members: array<u32>;
@group(0) @binding(27) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(28) var<storage, read> planes: array<u32>;
@group(0) @binding(29) var<storage, read> facet_starts: array<u32>;
@group(0) @binding(30) var<storage, read> triangles: array<u32>;
@group(0) @binding(31) var<storage, read> old_row_starts: array<u32>;
@group(0) @binding(32) var<storage, read> old_slots: array<Slot>;
@group(0) @binding(33) var<storage, read> old_rolls: array<vec4f>;
@group(0) @binding(34) var<storage, read> bodies: array<Body>;
@group(0) @binding(35) var<storage, read> body_facets: array<BodyFacet>;
@group(0) @binding(36) var<storage, read_write> next_bodies: array<Body>;
@group(0) @binding(37) var<storage, read> clump_spheres: array<ClumpSphere>;
@group(0) @binding(38) var<storage, read_write> clumps: array<RigidClump>;

const TOUCHES: u32 = 0x80000000u;
const TOUCHES_NOW: u32 = 0x40000000u;
const DEEPEST: u32 = 0x20000000u;
const INDEX: u32 = 0x1fffffffu;
const LOST: u32 = 1u;
const STALE: u32 = 2u;
const HALTED: u32 = 4u;
// 2^51
const LARGEST: f32 = 2251799813685248.0;
const SPARE: f32 = 1.00001;
const ONE_CONTACT_COSINE: f32 = 0.95;
const NOBODY: u32 = 0xffffffffu;
const IMPULSE_COPIES: u32 = 64u;
const PER_SPEED: f32 = 1048576.0;
const SPARE_WAY: f32 = 1.001;
// In the high word of a material.
const CLUMPED: u32 = 0x40000000u;
const SLOT: u32 = 0x3fffffffu;
const TOO_FAST: u32 = 1u;
const OUTSIDE: u32 = 2u;
const NONE = array<f32, 3>(0.0, 0.0, 0.0);

struct Touch {
    normal: vec3f,
    overlap: f32,
    radius: f32,
    mass: f32,
    velocity: vec3f,
    spin: vec3f,
    shear: vec3f,
    roll: vec3f,
}
struct Spring {
    force: vec3f,
    length: vec3f,
}
struct Response {
    push: f32,
    tangent: vec3f,
    moment: vec3f,
    shear: vec3f,
    roll: vec3f,
}
struct Nearest {
    normal: vec3f,
    distance: f32,
}
struct Span {
    begin: u32,
    end: u32,
}
struct Axes {
    x: vec3f,
    y: vec3f,
    z: vec3f,
}
struct Moving {
    velocity: vec3f,
    turning: vec3f,
}

fn limbs_add(a: vec2u, b: vec2u) -> vec2u {
    let low = a.x + b.x;
    return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn limbs_negative(a: vec2u) -> vec2u {
    return vec2u(~a.x + 1u, ~a.y + select(0u, 1u, a.x == 0u));
}

fn limbs_of(a: i32) -> vec2u {
    return vec2u(bitcast<u32>(a), bitcast<u32>(a >> 31u));
}

fn limbs_difference(a: i32, b: i32) -> vec2u {
    return limbs_add(limbs_of(a), limbs_negative(limbs_of(b)));
}

// Of what is not negative.
fn limbs_right(a: vec2u, by: u32) -> vec2u {
    if (by == 0u) { return a; }
    if (by >= 32u) { return vec2u(a.y >> (by - 32u), 0u); }
    return vec2u((a.x >> by) | (a.y << (32u - by)), a.y >> by);
}

// Whether the magnitude is below 2^51.
fn limbs_are_small(a: vec2u) -> bool {
    let up = limbs_add(a, vec2u(0xffffffffu, 0x0007ffffu));
    return up.y < 0x000fffffu || (up.y == 0x000fffffu && up.x < 0xffffffffu);
}

fn limbs_to_impulse(row: u32, part: u32, value: vec2u) {
    let before = atomicAdd(&impulses[row][2u * part], value.x);
    atomicAdd(&impulses[row][2u * part + 1u], value.y + select(0u, 1u, before + value.x < before));
}

fn limbs_to_velocity(axis: u32, value: vec2u) {
    let before = atomicAdd(&survey[0].velocity[2u * axis], value.x);
    atomicAdd(&survey[0].velocity[2u * axis + 1u], value.y + select(0u, 1u, before + value.x < before));
}

fn limbs_to_square(value: vec2u) {
    let before = atomicAdd(&survey[0].square[0], value.x);
    atomicAdd(&survey[0].square[1], value.y + select(0u, 1u, before + value.x < before));
}

// What is passed through here is what it was written to be. A driver may move factors along products and say that the square
// of a root is what the root was of (Mesa does both), but it does not see through integers. Adds nothing: `hertz` is 0 or 1.
fn limbs_kept(value: f32) -> f32 {
    return bitcast<f32>(bitcast<u32>(value) + (parameters.hertz >> 1u));
}

fn dot(a: vec3f, b: vec3f) -> f32 {
    return (a.x * b.x + a.y * b.y) + a.z * b.z;
}

fn cross(a: vec3f, b: vec3f) -> vec3f {
    return vec3f(
        limbs_kept(a.y * b.z) - limbs_kept(a.z * b.y),
        limbs_kept(a.z * b.x) - limbs_kept(a.x * b.z),
        limbs_kept(a.x * b.y) - limbs_kept(a.y * b.x),
    );
}

fn add(a: vec3f, b: vec3f) -> vec3f {
    return vec3f(a.x + b.x, a.y + b.y, a.z + b.z);
}

fn sub(a: vec3f, b: vec3f) -> vec3f {
    return vec3f(a.x - b.x, a.y - b.y, a.z - b.z);
}

fn scale(a: vec3f, by: f32) -> vec3f {
    return vec3f(a.x * by, a.y * by, a.z * by);
}

fn flatten(a: vec3f, normal: vec3f) -> vec3f {
    return sub(a, scale(normal, dot(a, normal)));
}

fn limited_spring(length: vec3f, rate: vec3f, stiffness: f32, damping: f32, limit: f32, dt: f32) -> Spring {
    let stretched = add(length, scale(rate, dt));
    let force = add(scale(stretched, stiffness), scale(rate, damping));
    let size_squared = dot(force, force);
    let slips = size_squared > limit * limit;
    var size = 1.0;
    var share = 1.0;
    if (slips) {
        size = sqrt(size_squared);
        share = limit / size;
    }
    let kept = scale(force, share);
    let slipped = scale(kept, 1.0 / stiffness);
    return Spring(vec3f(-kept.x, -kept.y, -kept.z), select(stretched, slipped, slips));
}

fn respond(touch: Touch, pair: PairConstants) -> Response {
    let dt = parameters.scales.dt_s;
    let circle = limbs_kept(sqrt(touch.radius * touch.overlap));
    let stiffening = select(1.0, circle, parameters.hertz != 0u);
    let normal_stiffness = pair.normal * stiffening;
    let shear_stiffness = pair.shear * stiffening;
    let damping = sqrt(stiffening * touch.mass);
    let speed = dot(touch.velocity, touch.normal);
    var pressed = normal_stiffness * touch.overlap - (pair.normal_damping * damping) * speed;
    pressed = select(0.0, pressed, pressed > 0.0);
    var response: Response;
    response.push = pressed - pair.cohesion * (circle * circle);
    let slide = sub(touch.velocity, scale(touch.normal, speed));
    let sheared = flatten(touch.shear, touch.normal);
    let shear = limited_spring(sheared, slide, shear_stiffness, pair.shear_damping * damping, pair.friction * pressed, dt);
    response.tangent = shear.force;
    response.shear = shear.length;
    if (parameters.rolling != 0u) {
        let squared = touch.radius * touch.radius;
        let roll = limited_spring(
            flatten(touch.roll, touch.normal),
            flatten(touch.spin, touch.normal),
            shear_stiffness * squared,
            (pair.rolling_damping * damping) * squared,
            (pair.rolling_friction * touch.radius) * pressed,
            dt,
        );
        response.moment = roll.force;
        response.roll = roll.length;
    }
    return response;
}

// Halves to even; what is too large or no number comes out past 2^51. The two parts of a float are exact.
fn to_fixed(value: f32) -> vec2u {
    if (!(abs(value) < LARGEST)) { return vec2u(0u, 0x40000000u); }
    let whole = round(abs(value));
    let high = floor(whole * 2.3283064365386963e-10);
    let limbs = vec2u(u32(whole - high * 4294967296.0), u32(high));
    if (value < 0.0) { return limbs_negative(limbs); }
    return limbs;
}

fn to_fixed_32(value: f32) -> i32 {
    return bitcast<i32>(to_fixed(value).x);
}

// To the nearest, halves to even, by integers: conversions of WGSL may round either way.
fn to_float(value: vec2u) -> f32 {
    let is_negative = value.y >= 0x80000000u;
    let whole = select(value, limbs_negative(value), is_negative);
    let bits = select(32u - countLeadingZeros(whole.x), 64u - countLeadingZeros(whole.y), whole.y != 0u);
    var kept = whole.x;
    var power = 1.0;
    if (bits > 24u) {
        let by = bits - 24u;
        let halves = limbs_right(whole, by - 1u).x;
        kept = halves >> 1u;
        var rest = whole.x;
        if (by <= 32u) {
            rest = whole.x & ((1u << (by - 1u)) - 1u);
        } else {
            rest = whole.x | (whole.y & ((1u << (by - 33u)) - 1u));
        }
        if ((halves & 1u) == 1u && (rest != 0u || (kept & 1u) == 1u)) { kept += 1u; }
        power = bitcast<f32>((127u + by) << 23u);
    }
    let magnitude = f32(kept) * power;
    return select(magnitude, -magnitude, is_negative);
}

fn offset_from(at: vec3i, other: vec3i, metre_per_quantum: f32) -> vec3f {
    return vec3f(f32(at.x - other.x) * metre_per_quantum, f32(at.y - other.y) * metre_per_quantum, f32(at.z - other.z) * metre_per_quantum);
}

fn push(line: ptr<function, Line>, linear: vec3f, angular: vec3f) {
    for (var axis = 0u; axis < 3u; axis++) {
        (*line).momentum[axis] = limbs_add((*line).momentum[axis], to_fixed(linear[axis]));
        (*line).spin[axis] = limbs_add((*line).spin[axis], to_fixed(angular[axis]));
    }
}

fn squared_distance(a: Place, b: Place, metre_per_quantum: f32) -> f32 {
    let offset = offset_from(a.at, b.at, metre_per_quantum);
    return (offset.x * offset.x + offset.y * offset.y) + offset.z * offset.z;
}

// A row of candidates: what touches is pushed, what has parted forgets. The other one does the same from its side.
fn push_pairs(line: ptr<function, Line>, place: Place, velocity: vec4f, spin: vec4u, row: Span) {
    let turning = bitcast<vec3f>(spin.xyz);
    for (var k = row.begin; k < row.end; k++) {
        let slot = slots[k];
        let index = slot.other & ~TOUCHES;
        let other = places[index];
        let offset = offset_from(place.at, other.at, parameters.scales.metre_per_quantum);
        let reach = place.radius + other.radius;
        let squared = (offset.x * offset.x + offset.y * offset.y) + offset.z * offset.z;
        if (!(squared < reach * reach)) {
            if ((slot.other & TOUCHES) != 0u) {
                slots[k] = Slot(index, NONE);
                if (parameters.rolling != 0u) { rolls[k] = vec4f(0.0, 0.0, 0.0, 0.0); }
            }
            continue;
        }
        let other_velocity = velocities[index];
        let other_spin = spins[index];
        let other_turning = bitcast<vec3f>(other_spin.xyz);
        let distance = sqrt(squared);
        var touch: Touch;
        touch.normal = scale(offset, 1.0 / distance);
        touch.overlap = reach - distance;
        touch.radius = (place.radius * other.radius) / reach;
        touch.mass = (velocity.w * other_velocity.w) / (velocity.w + other_velocity.w);
        let surface = vec3f(
            turning.x * place.radius + other_turning.x * other.radius,
            turning.y * place.radius + other_turning.y * other.radius,
            turning.z * place.radius + other_turning.z * other.radius,
        );
        touch.velocity = add(sub(velocity.xyz, other_velocity.xyz), cross(touch.normal, surface));
        touch.spin = sub(turning, other_turning);
        touch.shear = vec3f(slot.shear[0], slot.shear[1], slot.shear[2]);
        if (parameters.rolling != 0u) { touch.roll = rolls[k].xyz; }
        let response = respond(touch, constants[spin.w * parameters.material_count + other_spin.w]);
        let force = scale(add(scale(touch.normal, response.push), response.tangent), parameters.scales.linear_quanta_per_newton);
        let twist = cross(response.tangent, touch.normal);
        let angular = add(scale(twist, place.radius), response.moment);
        push(line, force, scale(angular, parameters.scales.angular_quanta_per_newton_metre));
        slots[k] = Slot(index | TOUCHES, array<f32, 3>(response.shear.x, response.shear.y, response.shear.z));
        if (parameters.rolling != 0u) { rolls[k] = vec4f(response.roll, 0.0); }
    }
}

fn motion(line: ptr<function, Line>, mass: f32, radius: f32, velocity: ptr<function, vec3f>, spin: ptr<function, vec3f>) {
    let by_mass = parameters.scales.momentum_per_quantum / mass;
    let by_inertia = parameters.scales.spin_per_quantum / (limbs_kept(0.4 * mass) * (radius * radius));
    for (var axis = 0u; axis < 3u; axis++) {
        (*velocity)[axis] = to_float((*line).momentum[axis]) * by_mass;
        (*spin)[axis] = to_float((*line).spin[axis]) * by_inertia;
    }
}

// Gravity, the new velocity, the way with it; what is wrong with it.
fn advance(
    line: ptr<function, Line>,
    place: ptr<function, Place>,
    anchor: Place,
    mass: f32,
    velocity: ptr<function, vec3f>,
    spin: ptr<function, vec3f>,
) -> u32 {
    for (var axis = 0u; axis < 3u; axis++) {
        (*line).momentum[axis] = limbs_add((*line).momentum[axis], to_fixed(mass * parameters.scales.gravity_quanta_per_kg[axis]));
    }
    motion(line, mass, (*place).radius, velocity, spin);
    var fine = true;
    var from_anchor: vec3f;
    for (var axis = 0u; axis < 3u; axis++) {
        let way = (*velocity)[axis] * parameters.scales.quanta_per_step;
        fine = fine && abs(way) <= parameters.scales.largest_way;
        fine = fine && limbs_are_small((*line).momentum[axis]);
        fine = fine && limbs_are_small((*line).spin[axis]);
        let at = (*place).at[axis] + to_fixed_32(select(0.0, way, fine));
        (*place).at[axis] = at;
        // The magnitude of the least integer has no sign left.
        fine = fine && bitcast<u32>(select(at, -at, at < 0)) < parameters.scales.bounds[axis];
        let drifted = anchor.at[axis] + parameters.drift[axis];
        from_anchor[axis] = f32(at - drifted) * parameters.scales.metre_per_quantum;
    }
    let slack = anchor.radius - (*place).radius;
    let squared = (from_anchor.x * from_anchor.x + from_anchor.y * from_anchor.y) + from_anchor.z * from_anchor.z;
    return select(LOST, 0u, fine) | select(0u, STALE, squared > slack * slack);
}

fn nearest_of_triangle(a: vec3f, b: vec3f, c: vec3f, normal: vec3f) -> vec3f {
    let ab = sub(b, a);
    let ac = sub(c, a);
    let d1 = -dot(ab, a);
    let d2 = -dot(ac, a);
    if (d1 <= 0.0 && d2 <= 0.0) { return a; }
    let d3 = -dot(ab, b);
    let d4 = -dot(ac, b);
    if (d3 >= 0.0 && d4 <= d3) { return b; }
    if (d1 * d4 - d3 * d2 <= 0.0 && d1 >= 0.0 && d3 <= 0.0) { return add(a, scale(ab, d1 / (d1 - d3))); }
    let d5 = -dot(ab, c);
    let d6 = -dot(ac, c);
    if (d6 >= 0.0 && d5 <= d6) { return c; }
    if (d5 * d2 - d1 * d6 <= 0.0 && d2 >= 0.0 && d6 <= 0.0) { return add(a, scale(ac, d2 / (d2 - d6))); }
    let towards_c = d4 - d3;
    let towards_b = d5 - d6;
    if (d3 * d6 - d5 * d4 <= 0.0 && towards_c >= 0.0 && towards_b >= 0.0) {
        return add(b, scale(sub(c, b), towards_c / (towards_c + towards_b)));
    }
    return scale(normal, dot(a, normal));
}

fn nearest(facet: PlacedFacet, at: vec3i, metre_per_quantum: f32) -> Nearest {
    let normal = vec3f(facet.normal[0], facet.normal[1], facet.normal[2]);
    let a = offset_from(vec3i(facet.corners[0], facet.corners[1], facet.corners[2]), at, metre_per_quantum);
    if (facet.plane != 0u) { return Nearest(normal, -dot(a, normal)); }
    let b = offset_from(vec3i(facet.corners[3], facet.corners[4], facet.corners[5]), at, metre_per_quantum);
    let c = offset_from(vec3i(facet.corners[6], facet.corners[7], facet.corners[8]), at, metre_per_quantum);
    let point = nearest_of_triangle(a, b, c, normal);
    let distance = sqrt(dot(point, point));
    return Nearest(scale(point, -1.0 / distance), distance);
}

fn yields(judged: u32, touch: vec4f, other: u32, other_touch: vec4f) -> bool {
    let facet = judged & INDEX;
    let other_facet = other & INDEX;
    return facets[facet].wall == facets[other_facet].wall && dot(touch.xyz, other_touch.xyz) > ONE_CONTACT_COSINE
        && (other_touch.w < touch.w || (other_touch.w == touch.w && other_facet < facet));
}

// Marks, of touches of one wall in nearly the same direction, the deepest.
fn keep_deepest(row: Span, first: u32) {
    for (var k = row.begin; k < row.end; k++) {
        let judged = slots[k].other;
        if ((judged & TOUCHES_NOW) == 0u) { continue; }
        let touch = touches[k - first];
        var deepest = true;
        for (var l = row.begin; l < row.end; l++) {
            let other = slots[l].other;
            if ((other & TOUCHES_NOW) != 0u && yields(judged, touch, other, touches[l - first])) { deepest = false; }
        }
        if (deepest) { slots[k].other = judged | DEEPEST; }
    }
}

// A contact that moves on to another facet of its wall takes its history along.
fn hand_over(row: Span, rolling: u32) {
    for (var k = row.begin; k < row.end; k++) {
        let own = slots[k].other;
        if ((own & DEEPEST) == 0u || (own & TOUCHES) != 0u) { continue; }
        let wall = facets[own & INDEX].wall;
        slots[k].other = own | TOUCHES;
        for (var l = row.begin; l < row.end; l++) {
            let left = slots[l];
            if ((left.other & TOUCHES) == 0u || (left.other & DEEPEST) != 0u || facets[left.other & INDEX].wall != wall) { continue; }
            slots[k] = Slot(own | TOUCHES, left.shear);
            slots[l] = Slot(left.other & ~TOUCHES, NONE);
            if (rolling != 0u) {
                rolls[k] = rolls[l];
                rolls[l] = vec4f(0.0, 0.0, 0.0, 0.0);
            }
            break;
        }
    }
}

fn push_wall(line: ptr<function, Line>, place: Place, velocity: vec4f, spin: vec4u, k: u32, touching: vec4f, block: u32) {
    let slot = slots[k];
    let facet = slot.other & INDEX;
    let index = facets[facet].wall;
    let wall = walls[index];
    let normal = touching.xyz;
    let turning = bitcast<vec3f>(spin.xyz);
    let centre = offset_from(place.at, wall.pivot, parameters.scales.metre_per_quantum);
    let lever = sub(centre, scale(normal, touching.w));
    let of_wall = add(wall.velocity_mps, cross(wall.angular_velocity_radps, lever));
    let of_centre = sub(velocity.xyz, of_wall);
    var touch: Touch;
    touch.normal = normal;
    touch.overlap = place.radius - touching.w;
    touch.radius = place.radius;
    touch.mass = velocity.w;
    touch.velocity = add(of_centre, cross(normal, scale(turning, place.radius)));
    touch.spin = sub(turning, wall.angular_velocity_radps);
    touch.shear = vec3f(slot.shear[0], slot.shear[1], slot.shear[2]);
    if (parameters.rolling != 0u) { touch.roll = rolls[k].xyz; }
    let response = respond(touch, constants[spin.w * parameters.material_count + wall.material]);
    let force = add(scale(normal, response.push), response.tangent);
    let linear = scale(force, parameters.scales.linear_quanta_per_newton);
    let twist = add(scale(cross(response.tangent, normal), place.radius), response.moment);
    push(line, linear, scale(twist, parameters.scales.angular_quanta_per_newton_metre));
    let on_wall = scale(sub(cross(force, lever), response.moment), parameters.scales.angular_quanta_per_newton_metre);
    let row = index * IMPULSE_COPIES + block % IMPULSE_COPIES;
    for (var axis = 0u; axis < 3u; axis++) {
        limbs_to_impulse(row, axis, limbs_negative(to_fixed(linear[axis])));
        limbs_to_impulse(row, axis + 3u, to_fixed(on_wall[axis]));
    }
    slots[k] = Slot(facet | TOUCHES, array<f32, 3>(response.shear.x, response.shear.y, response.shear.z));
    if (parameters.rolling != 0u) { rolls[k] = vec4f(response.roll, 0.0); }
}

// Where a facet touches is kept in `touches` (normal, distance) and in two marks of the slot, which are gone at the end.
fn find_touches(place: Place, row: Span, first: u32) -> bool {
    var any = false;
    for (var k = row.begin; k < row.end; k++) {
        let own = slots[k].other;
        let found = nearest(facets[own & INDEX], place.at, parameters.scales.metre_per_quantum);
        let now = found.distance < place.radius;
        if (now) {
            touches[k - first] = vec4f(found.normal, found.distance);
            slots[k].other = own | TOUCHES_NOW;
        }
        any = any || now || (own & TOUCHES) != 0u;
    }
    return any;
}

fn cell_on(axis: GridAxis, cell_per_quantum: f32, at: vec2u) -> u32 {
    let along = limbs_add(at, limbs_negative(limbs_of(axis.low)));
    if (along.y >= 0x80000000u) { return 0u; }
    return min(u32(to_float(along) * cell_per_quantum), axis.cells - 1u);
}

fn cell_of(grid: GridLayout, place: Place) -> u32 {
    let fast = cell_on(grid.fast, grid.cell_per_quantum, limbs_of(place.at[grid.fast.axis]));
    let middle = cell_on(grid.middle, grid.cell_per_quantum, limbs_of(place.at[grid.middle.axis]));
    let slow = cell_on(grid.slow, grid.cell_per_quantum, limbs_of(place.at[grid.slow.axis]));
    return (slow * grid.middle.cells + middle) * grid.fast.cells + fast;
}

fn span(grid: GridLayout, anchor: Place, axis: GridAxis) -> Span {
    let wide = (2.0001 * anchor.radius) / grid.metre_per_quantum;
    // 2^40, beyond every grid
    var reach = vec2u(0u, 256u);
    if (wide < 1e9) { reach = vec2u(u32(wide) + 2u, 0u); }
    let at = limbs_of(anchor.at[axis.axis]);
    let begin = cell_on(axis, grid.cell_per_quantum, limbs_add(at, limbs_negative(reach)));
    return Span(begin, cell_on(axis, grid.cell_per_quantum, limbs_add(at, reach)));
}

fn is_one_clump(one: u32, other: u32) -> bool {
    let a = lines[one].material;
    let b = lines[other].material;
    if ((a.y & b.y & CLUMPED) == 0u) { return false; }
    let base = limbs_add(lines[one].id, limbs_negative(vec2u((a.x >> 24u) & 7u, 0u)));
    let other_base = limbs_add(lines[other].id, limbs_negative(vec2u((b.x >> 24u) & 7u, 0u)));
    return all(base == other_base);
}

// Counts each pair that can touch in the rows of both; it is found by whoever of the two reaches further.
fn count_touchable(particle: u32, grid: GridLayout) {
    let anchor = anchors[particle];
    let fast = span(grid, anchor, grid.fast);
    let middle = span(grid, anchor, grid.middle);
    let slow = span(grid, anchor, grid.slow);
    for (var c = slow.begin; c <= slow.end; c++) {
        for (var b = middle.begin; b <= middle.end; b++) {
            let row = (c * grid.middle.cells + b) * grid.fast.cells;
            let end = cell_starts[row + fast.end + 1u];
            for (var index = cell_starts[row + fast.begin]; index < end; index++) {
                let other = anchors[index];
                let finds = other.radius < anchor.radius || (other.radius == anchor.radius && index > particle);
                let reach = (anchor.radius + other.radius) * SPARE;
                if (!finds || !(squared_distance(anchor, other, grid.metre_per_quantum) < reach * reach)) { continue; }
                if (row_parameters.clumped != 0u && is_one_clump(particle, index)) { continue; }
                atomicAdd(&counts[particle], 1u);
                atomicAdd(&counts[index], 1u);
            }
        }
    }
}

// As `count_touchable`, but writes them.
fn find_touchable(particle: u32, grid: GridLayout) {
    let anchor = anchors[particle];
    let fast = span(grid, anchor, grid.fast);
    let middle = span(grid, anchor, grid.middle);
    let slow = span(grid, anchor, grid.slow);
    for (var c = slow.begin; c <= slow.end; c++) {
        for (var b = middle.begin; b <= middle.end; b++) {
            let row = (c * grid.middle.cells + b) * grid.fast.cells;
            let end = cell_starts[row + fast.end + 1u];
            for (var index = cell_starts[row + fast.begin]; index < end; index++) {
                let other = anchors[index];
                let finds = other.radius < anchor.radius || (other.radius == anchor.radius && index > particle);
                let reach = (anchor.radius + other.radius) * SPARE;
                if (!finds || !(squared_distance(anchor, other, grid.metre_per_quantum) < reach * reach)) { continue; }
                if (row_parameters.clumped != 0u && is_one_clump(particle, index)) { continue; }
                slots[row_starts[particle] + atomicSub(&counts[particle], 1u) - 1u] = Slot(index, NONE);
                slots[row_starts[index] + atomicSub(&counts[index], 1u) - 1u] = Slot(particle, NONE);
            }
        }
    }
}

fn box_is_within(facet: PlacedFacet, at: vec3i, reach: f32, metre_per_quantum: f32) -> bool {
    var within = true;
    for (var axis = 0u; axis < 3u; axis++) {
        let a = facet.corners[axis];
        let b = facet.corners[axis + 3u];
        let c = facet.corners[axis + 6u];
        let low = min(min(a, b), c);
        let high = max(max(a, b), c);
        within = within && to_float(limbs_difference(low, at[axis])) * metre_per_quantum <= reach
            && to_float(limbs_difference(high, at[axis])) * metre_per_quantum >= -reach;
    }
    return within;
}

// Triangles near a place, of its cell.
fn count_cell(place: Place) -> Span {
    var cell = 0u;
    for (var turn = 0u; turn < 3u; turn++) {
        let axis = 2u - turn;
        if (facet_parameters.cells[axis] == 0u || place.at[axis] < facet_parameters.low[axis]) { return Span(0u, 0u); }
        let along = bitcast<u32>(place.at[axis] - facet_parameters.low[axis]) / bitcast<u32>(facet_parameters.cell);
        if (along >= facet_parameters.cells[axis]) { return Span(0u, 0u); }
        cell = cell * facet_parameters.cells[axis] + along;
    }
    return Span(facet_starts[cell], facet_starts[cell + 1u]);
}

fn count_reached(index: u32, place: Place, reach: f32) -> bool {
    let facet = facets[index];
    if (facet.plane == 0u && !box_is_within(facet, place.at, reach, facet_parameters.metre_per_quantum)) { return false; }
    return nearest(facet, place.at, facet_parameters.metre_per_quantum).distance < reach;
}

// Counts facets near a place.
fn count_near(place: Place) -> u32 {
    let reach = place.radius * SPARE + facet_parameters.slack_m;
    let of_cell = count_cell(place);
    var found = 0u;
    for (var plane = 0u; plane < facet_parameters.plane_count; plane++) {
        if (count_reached(planes[plane], place, reach)) { found += 1u; }
    }
    for (var triangle = of_cell.begin; triangle < of_cell.end; triangle++) {
        if (count_reached(triangles[triangle], place, reach)) { found += 1u; }
    }
    return found;
}

// Facets near a place, ascending: planes and triangles are merged, and written to a row.
fn near(place: Place, row: u32) {
    let reach = place.radius * SPARE + facet_parameters.slack_m;
    let of_cell = count_cell(place);
    var plane = 0u;
    var triangle = of_cell.begin;
    var found = 0u;
    while (plane < facet_parameters.plane_count || triangle < of_cell.end) {
        var a = NOBODY;
        var b = NOBODY;
        if (plane < facet_parameters.plane_count) { a = planes[plane]; }
        if (triangle < of_cell.end) { b = triangles[triangle]; }
        if (a < b) { plane += 1u; } else { triangle += 1u; }
        if (count_reached(min(a, b), place, reach)) {
            slots[row + found] = Slot(min(a, b), NONE);
            found += 1u;
        }
    }
}

// The slot of an old row that holds a contact with `other`; NOBODY where there is none.
fn history_of(row: Span, other: u32) -> u32 {
    for (var k = row.begin; k < row.end; k++) {
        if (old_slots[k].other == (other | TOUCHES)) { return k; }
    }
    return NOBODY;
}

fn slack_of(velocity: vec4f) -> f32 {
    let x = velocity.x - sort_parameters.drift[0];
    let y = velocity.y - sort_parameters.drift[1];
    let z = velocity.z - sort_parameters.drift[2];
    let slack = sort_parameters.resting_slack_m + sqrt((x * x + y * y) + z * z) * sort_parameters.ahead_s;
    return select(sort_parameters.largest_m, slack, slack < sort_parameters.largest_m);
}

// Directions that turn with a body, as rows of the matrix that turns vectors.
fn axes_of(rotation: vec4f) -> Axes {
    let x = rotation.x;
    let y = rotation.y;
    let z = rotation.z;
    let w = rotation.w;
    let twice = limbs_kept(2.0 / (((x * x + y * y) + z * z) + w * w));
    return Axes(
        vec3f(1.0 - twice * limbs_kept(y * y + z * z), twice * limbs_kept(x * y - z * w), twice * limbs_kept(x * z + y * w)),
        vec3f(twice * limbs_kept(x * y + z * w), 1.0 - twice * limbs_kept(x * x + z * z), twice * limbs_kept(y * z - x * w)),
        vec3f(twice * limbs_kept(x * z - y * w), twice * limbs_kept(y * z + x * w), 1.0 - twice * limbs_kept(x * x + y * y)),
    );
}

fn turned(axes: Axes, vector: vec3f) -> vec3f {
    return vec3f(limbs_kept(dot(axes.x, vector)), limbs_kept(dot(axes.y, vector)), limbs_kept(dot(axes.z, vector)));
}

fn turned_back(axes: Axes, vector: vec3f) -> vec3f {
    return vec3f(
        limbs_kept((axes.x.x * vector.x + axes.y.x * vector.y) + axes.z.x * vector.z),
        limbs_kept((axes.x.y * vector.x + axes.y.y * vector.y) + axes.z.y * vector.z),
        limbs_kept((axes.x.z * vector.x + axes.y.z * vector.y) + axes.z.z * vector.z),
    );
}

fn velocity_of(momentum: array<vec2u, 3>, mass_kg: f32) -> vec3f {
    var quanta = momentum;
    let by_mass = limbs_kept(parameters.scales.momentum_per_quantum / mass_kg);
    var velocity: vec3f;
    for (var axis = 0u; axis < 3u; axis++) { velocity[axis] = limbs_kept(to_float(quanta[axis]) * by_mass); }
    return velocity;
}

fn turning_of(spin: array<vec2u, 3>, inertia: vec3f, axes: Axes) -> vec3f {
    var quanta = spin;
    var turns: vec3f;
    for (var axis = 0u; axis < 3u; axis++) { turns[axis] = limbs_kept(to_float(quanta[axis]) * parameters.scales.spin_per_quantum); }
    let own = turned_back(axes, turns);
    return turned(axes, vec3f(limbs_kept(own.x / inertia.x), limbs_kept(own.y / inertia.y), limbs_kept(own.z / inertia.z)));
}

// How a quaternion changes, twice.
fn rates_of(turning: vec3f, rotation: vec4f) -> vec4f {
    let a = turning.x;
    let b = turning.y;
    let c = turning.z;
    let x = rotation.x;
    let y = rotation.y;
    let z = rotation.z;
    let w = rotation.w;
    return vec4f(
        limbs_kept((a * w + b * z) - c * y),
        limbs_kept((b * w + c * x) - a * z),
        limbs_kept((c * w + a * y) - b * x),
        limbs_kept(-((a * x + b * y) + c * z)),
    );
}

fn motion_of(body: ptr<function, Body>) -> Moving {
    let turning = turning_of((*body).spin, (*body).inertia, axes_of((*body).rotation));
    let velocity = velocity_of((*body).momentum, (*body).mass_kg);
    return Moving(add((*body).carried_mps, velocity), add((*body).carried_radps, turning));
}

// Semi-implicit Euler, as for particles. `sums`: what its wall has got by now. What is wrong after it.
fn move_body(body: ptr<function, Body>, sums: array<vec2u, 6>) -> u32 {
    var totals = sums;
    var fine = true;
    for (var axis = 0u; axis < 3u; axis++) {
        let given = limbs_add(totals[axis], limbs_negative((*body).felt[axis]));
        var weight = vec2u(0u, 0u);
        if ((*body).falls != 0u) { weight = to_fixed((*body).mass_kg * parameters.scales.gravity_quanta_per_kg[axis]); }
        (*body).momentum[axis] = limbs_add(limbs_add((*body).momentum[axis], given), weight);
        let twisted = limbs_add(totals[axis + 3u], limbs_negative((*body).felt[axis + 3u]));
        (*body).spin[axis] = limbs_add((*body).spin[axis], twisted);
        fine = fine && limbs_are_small((*body).momentum[axis]);
        fine = fine && limbs_are_small((*body).spin[axis]);
    }
    (*body).felt = sums;
    let moving = motion_of(body);
    let along = limbs_kept(sqrt(dot(moving.velocity, moving.velocity)));
    let around = limbs_kept(sqrt(dot(moving.turning, moving.turning)));
    let speed = limbs_kept(along + limbs_kept(around * (*body).reach_m));
    fine = fine && speed * parameters.scales.quanta_per_step <= parameters.scales.largest_way;
    for (var axis = 0u; axis < 3u; axis++) {
        let way = limbs_kept(moving.velocity[axis] * parameters.scales.quanta_per_step + (*body).rest[axis]);
        let whole = to_fixed_32(select(0.0, way, fine));
        (*body).rest[axis] = way - f32(whole);
        let at = (*body).at[axis] + whole;
        (*body).at[axis] = at;
        fine = fine && bitcast<u32>(select(at, -at, at < 0)) < parameters.scales.bounds[axis];
    }
    let half = 0.5 * parameters.scales.dt_s;
    let rates = rates_of(moving.turning, (*body).rotation);
    for (var part = 0u; part < 4u; part++) {
        let change = limbs_kept(limbs_kept(rates[part] * half) + (*body).rotation_rest[part]);
        let next = limbs_kept((*body).rotation[part] + change);
        (*body).rotation_rest[part] = change - limbs_kept(next - (*body).rotation[part]);
        (*body).rotation[part] = next;
    }
    (*body).moved_m += limbs_kept(speed * parameters.scales.dt_s) * SPARE_WAY;
    if (!fine) { (*body).lost = 1u; }
    return select(0u, LOST, (*body).lost != 0u) | select(0u, STALE, (*body).moved_m > (*body).slack_m);
}

// What a step did to a sphere, at its clump.
fn gather(clump: ptr<function, RigidClump>, index: u32, lever: vec3f) -> bool {
    var line = lines[index];
    var given: vec3f;
    for (var axis = 0u; axis < 3u; axis++) { given[axis] = to_float(line.momentum[axis]); }
    let by = parameters.scales.momentum_per_quantum / parameters.scales.spin_per_quantum;
    let twist = scale(cross(lever, given), by);
    var fine = true;
    for (var axis = 0u; axis < 3u; axis++) {
        (*clump).momentum[axis] = limbs_add((*clump).momentum[axis], line.momentum[axis]);
        (*clump).spin[axis] = limbs_add((*clump).spin[axis], limbs_add(line.spin[axis], to_fixed(twist[axis])));
        fine = fine && limbs_are_small(line.momentum[axis]);
    }
    return fine;
}

// One step: momentum, the way with it, and turning by the midpoint rule.
fn move_clump(clump: ptr<function, RigidClump>, gathered: bool) {
    var fine = gathered;
    for (var axis = 0u; axis < 3u; axis++) {
        let weight = to_fixed((*clump).mass_kg * parameters.scales.gravity_quanta_per_kg[axis]);
        (*clump).momentum[axis] = limbs_add((*clump).momentum[axis], weight);
        fine = fine && limbs_are_small((*clump).momentum[axis]);
        fine = fine && limbs_are_small((*clump).spin[axis]);
    }
    let half = 0.5 * parameters.scales.dt_s;
    let begins = rates_of(turning_of((*clump).spin, (*clump).inertia, axes_of((*clump).rotation)), (*clump).rotation);
    var middle: vec4f;
    for (var part = 0u; part < 4u; part++) {
        middle[part] = limbs_kept((*clump).rotation[part] + limbs_kept(begins[part] * limbs_kept(0.5 * half)));
    }
    let turning = turning_of((*clump).spin, (*clump).inertia, axes_of(middle));
    let rates = rates_of(turning, middle);
    let velocity = velocity_of((*clump).momentum, (*clump).mass_kg);
    let along = limbs_kept(sqrt(dot(velocity, velocity)));
    let around = limbs_kept(sqrt(dot(turning, turning)));
    let speed = limbs_kept(along + limbs_kept(around * (*clump).reach_m));
    fine = fine && speed * parameters.scales.quanta_per_step <= parameters.scales.largest_way;
    var inside = true;
    for (var axis = 0u; axis < 3u; axis++) {
        let way = limbs_kept(velocity[axis] * parameters.scales.quanta_per_step + (*clump).rest[axis]);
        let whole = to_fixed_32(select(0.0, way, fine));
        (*clump).rest[axis] = way - f32(whole);
        let at = (*clump).at[axis] + whole;
        (*clump).at[axis] = at;
        inside = inside && bitcast<u32>(select(at, -at, at < 0)) < parameters.scales.bounds[axis];
    }
    for (var part = 0u; part < 4u; part++) {
        let change = limbs_kept(limbs_kept(rates[part] * half) + (*clump).rotation_rest[part]);
        let next = limbs_kept((*clump).rotation[part] + change);
        (*clump).rotation_rest[part] = change - limbs_kept(next - (*clump).rotation[part]);
        (*clump).rotation[part] = next;
    }
    if (!fine) { (*clump).lost |= TOO_FAST; } else if (!inside) { (*clump).lost |= OUTSIDE; }
}

// A corner where it is now.
fn corner_of(axes: Axes, at: vec3i, corner: vec3f, metre_per_quantum: f32) -> vec3i {
    let away = turned(axes, corner);
    let by = limbs_kept(1.0 / metre_per_quantum);
    return vec3i(at.x + to_fixed_32(away.x * by), at.y + to_fixed_32(away.y * by), at.z + to_fixed_32(away.z * by));
}

@compute @workgroup_size(128)
fn step_particles(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.count) { return; }
    if (atomicLoad(&flags[parameters.step]) != 0u) {
        atomicOr(&flags[parameters.step + 1u], HALTED);
        return;
    }
    var place = places[i];
    let velocity = velocities[i];
    let spin = spins[i];
    var line = lines[i];
    push_pairs(&line, place, velocity, spin, Span(row_starts[i], row_starts[i + 1u]));
    // What was done to a sphere of a clump is for the clump.
    if ((line.material.y & CLUMPED) != 0u) {
        lines[i] = line;
        return;
    }
    var new_velocity: vec3f;
    var new_spin: vec3f;
    let faults = advance(&line, &place, anchors[i], velocity.w, &new_velocity, &new_spin);
    lines[i] = line;
    next_places[i] = place;
    next_velocities[i] = vec4f(new_velocity, velocity.w);
    next_spins[i] = vec4u(bitcast<vec3u>(new_spin), spin.w);
    if (faults != 0u) { atomicOr(&flags[parameters.step + 1u], faults); }
}

@compute @workgroup_size(128)
fn push_walls(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let own_block = block.y * blocks.x + block.x;
    let i = own_block * 128u + thread;
    if (i >= parameters.count || atomicLoad(&flags[parameters.step]) != 0u) { return; }
    let row = Span(row_starts[parameters.count + i], row_starts[parameters.count + i + 1u]);
    if (row.begin == row.end) { return; }
    let place = places[i];
    let first = row_starts[parameters.count];
    if (!find_touches(place, row, first)) { return; }
    keep_deepest(row, first);
    hand_over(row, parameters.rolling);
    let velocity = velocities[i];
    let spin = spins[i];
    var line = lines[i];
    for (var k = row.begin; k < row.end; k++) {
        let own = slots[k].other;
        if ((own & DEEPEST) != 0u) {
            push_wall(&line, place, velocity, spin, k, touches[k - first], own_block);
        } else if ((own & (TOUCHES | TOUCHES_NOW)) != 0u) {
            slots[k] = Slot(own & INDEX, NONE);
            if (parameters.rolling != 0u) { rolls[k] = vec4f(0.0, 0.0, 0.0, 0.0); }
        }
    }
    lines[i] = line;
}

@compute @workgroup_size(128)
fn survey_motion(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    var velocity = array<vec2u, 3>(vec2u(0u, 0u), vec2u(0u, 0u), vec2u(0u, 0u));
    var square = vec2u(0u, 0u);
    var low = vec3i(0x7fffffff, 0x7fffffff, 0x7fffffff);
    var high = vec3i(-0x7fffffff - 1, -0x7fffffff - 1, -0x7fffffff - 1);
    let stride = blocks.x * blocks.y * 128u;
    for (var i = (block.y * blocks.x + block.x) * 128u + thread; i < survey_parameters.count; i += stride) {
        let at = places[i].at;
        let own = velocities[i];
        for (var axis = 0u; axis < 3u; axis++) {
            velocity[axis] = limbs_add(velocity[axis], to_fixed(own[axis] * PER_SPEED));
            low[axis] = min(low[axis], at[axis]);
            high[axis] = max(high[axis], at[axis]);
        }
        square = limbs_add(square, to_fixed(((own.x * own.x + own.y * own.y) + own.z * own.z) * PER_SPEED));
    }
    for (var axis = 0u; axis < 3u; axis++) {
        limbs_to_velocity(axis, velocity[axis]);
        atomicMin(&survey[0].low[axis], low[axis]);
        atomicMax(&survey[0].high[axis], high[axis]);
    }
    limbs_to_square(square);
}

@compute @workgroup_size(128)
fn count_cells(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= sort_parameters.count) { return; }
    var cell = sort_parameters.last_cell;
    let leaves = sort_parameters.leavers != 0u && ((leavers[i >> 5u] >> (i & 31u)) & 1u) != 0u;
    if (!leaves) { cell = cell_of(sort_parameters.grid, places[i]); }
    cells[i] = cell;
    ranks[i] = atomicAdd(&cell_counts[cell], 1u);
}

@compute @workgroup_size(128)
fn sort_particles(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= sort_parameters.count) { return; }
    let to = cell_starts[cells[i]] + ranks[i];
    var place = places[i];
    let velocity = velocities[i];
    let line = lines[i];
    next_lines[to] = line;
    if ((line.material.y & CLUMPED) != 0u) { members[line.material.y & SLOT] = to; }
    next_places[to] = place;
    next_velocities[to] = velocity;
    next_spins[to] = spins[i];
    place.radius += slack_of(velocity);
    anchors[to] = place;
    order[to] = i;
}

@compute @workgroup_size(128)
fn count_pairs(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= row_parameters.count) { return; }
    count_touchable(i, row_parameters.grid);
}

@compute @workgroup_size(128)
fn count_facets(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= facet_parameters.count) { return; }
    atomicStore(&counts[facet_parameters.count + i], count_near(anchors[i]));
}

@compute @workgroup_size(128)
fn write_pairs(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= row_parameters.count) { return; }
    find_touchable(i, row_parameters.grid);
}

@compute @workgroup_size(128)
fn write_facets(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= facet_parameters.count) { return; }
    near(anchors[i], row_starts[facet_parameters.count + i]);
}

@compute @workgroup_size(128)
fn inherit_histories(
    @builtin(workgroup_id) block: vec3u,
    @builtin(num_workgroups) blocks: vec3u,
    @builtin(local_invocation_index) thread: u32,
) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= 2u * history_parameters.count) { return; }
    let of_walls = i >= history_parameters.count;
    let old = order[select(i, i - history_parameters.count, of_walls)];
    var old_row = Span(0u, 0u);
    if (old < history_parameters.old_count) {
        let at = select(old, history_parameters.old_count + old, of_walls);
        old_row = Span(old_row_starts[at], old_row_starts[at + 1u]);
    }
    let end = row_starts[i + 1u];
    for (var k = row_starts[i]; k < end; k++) {
        let other = slots[k].other;
        var known = other;
        if (!of_walls) { known = order[other]; }
        let found = history_of(old_row, known);
        if (found != NOBODY) { slots[k] = Slot(other | TOUCHES, old_slots[found].shear); }
        if (history_parameters.rolling == 0u) { continue; }
        var roll = vec4f(0.0, 0.0, 0.0, 0.0);
        if (found != NOBODY) { roll = old_rolls[found]; }
        rolls[k] = roll;
    }
}

@compute @workgroup_size(128)
fn move_bodies(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.count) { return; }
    if (atomicLoad(&flags[parameters.step]) != 0u) {
        atomicOr(&flags[parameters.step + 1u], HALTED);
        return;
    }
    let own = body_facets[i];
    var body = bodies[own.body];
    var sums: array<vec2u, 6>;
    for (var copy = 0u; copy < IMPULSE_COPIES; copy++) {
        let row = body.wall * IMPULSE_COPIES + copy;
        for (var part = 0u; part < 6u; part++) {
            let words = vec2u(atomicLoad(&impulses[row][2u * part]), atomicLoad(&impulses[row][2u * part + 1u]));
            sums[part] = limbs_add(sums[part], words);
        }
    }
    let faults = move_body(&body, sums);
    let axes = axes_of(body.rotation);
    for (var corner = 0u; corner < 3u; corner++) {
        let local = vec3f(own.corners[3u * corner], own.corners[3u * corner + 1u], own.corners[3u * corner + 2u]);
        let placed = corner_of(axes, body.at, local, parameters.scales.metre_per_quantum);
        for (var axis = 0u; axis < 3u; axis++) { facets[own.facet].corners[3u * corner + axis] = placed[axis]; }
    }
    let normal = turned(axes, vec3f(own.normal[0], own.normal[1], own.normal[2]));
    facets[own.facet].normal = array<f32, 3>(normal.x, normal.y, normal.z);
    if (own.is_first == 0u) { return; }
    let moving = motion_of(&body);
    walls[body.wall] = MovingWall(moving.velocity, walls[body.wall].material, moving.turning, 0u, body.at, 0u);
    next_bodies[own.body] = body;
    if (faults != 0u) { atomicOr(&flags[parameters.step + 1u], faults); }
}

@compute @workgroup_size(128)
fn move_clumps(@builtin(workgroup_id) block: vec3u, @builtin(num_workgroups) blocks: vec3u, @builtin(local_invocation_index) thread: u32) {
    let i = (block.y * blocks.x + block.x) * 128u + thread;
    if (i >= parameters.count) { return; }
    if (atomicLoad(&flags[parameters.step]) != 0u) {
        atomicOr(&flags[parameters.step + 1u], HALTED);
        return;
    }
    var clump = clumps[i];
    var axes = axes_of(clump.rotation);
    var fine = true;
    for (var slot = clump.first; slot < clump.first + clump.count; slot++) {
        let offset = clump_spheres[slot].offset;
        fine = gather(&clump, members[slot], turned(axes, vec3f(offset[0], offset[1], offset[2]))) && fine;
    }
    move_clump(&clump, fine);
    var faults = select(0u, LOST, clump.lost != 0u);
    axes = axes_of(clump.rotation);
    let velocity = velocity_of(clump.momentum, clump.mass_kg);
    let turning = turning_of(clump.spin, clump.inertia, axes);
    let by = limbs_kept(1.0 / parameters.scales.metre_per_quantum);
    for (var slot = clump.first; slot < clump.first + clump.count; slot++) {
        let index = members[slot];
        let sphere = clump_spheres[slot];
        let lever = turned(axes, vec3f(sphere.offset[0], sphere.offset[1], sphere.offset[2]));
        let at = clump.at + vec3i(to_fixed_32(lever.x * by), to_fixed_32(lever.y * by), to_fixed_32(lever.z * by));
        let drifted = anchors[index].at + vec3i(parameters.drift[0], parameters.drift[1], parameters.drift[2]);
        let away = offset_from(at, drifted, parameters.scales.metre_per_quantum);
        let slack = anchors[index].radius - sphere.radius;
        if (dot(away, away) > slack * slack) { faults |= STALE; }
        next_places[index] = Place(at, sphere.radius);
        next_velocities[index] = vec4f(add(velocity, cross(turning, lever)), clump.mass_kg);
        next_spins[index] = vec4u(bitcast<vec3u>(turning), clump.material);
        for (var axis = 0u; axis < 3u; axis++) {
            lines[index].momentum[axis] = vec2u(0u, 0u);
            lines[index].spin[axis] = vec2u(0u, 0u);
        }
    }
    clumps[i] = clump;
    if (faults != 0u) { atomicOr(&flags[parameters.step + 1u], faults); }
}
