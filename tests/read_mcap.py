"""Opens a trace as Foxglove and Rerun do: with the mcap package and the protobuf schemas that it carries.

    python3 tests/read_mcap.py FILE EXPECTED.json

Exits 1 with a sentence where something differs; 3 where a package is missing.
"""

import json
import sys

try:
    from mcap.reader import make_reader
    from mcap_protobuf.decoder import DecoderFactory
except ModuleNotFoundError as error:
    print(f"{error.name} is missing: pip install mcap mcap-protobuf-support")
    sys.exit(3)

with open(sys.argv[2], encoding="utf-8") as file:
    expected = json.load(file)

topics, frames, states, counts, entities, gone = {}, {}, {}, [], {}, set()
with open(sys.argv[1], "rb") as file:
    reader = make_reader(file, decoder_factories=[DecoderFactory()])
    summary = reader.get_summary()
    for schema, channel, message, decoded in reader.iter_decoded_messages():
        topics[channel.topic] = topics.get(channel.topic, 0) + 1
        if schema.name == "foxglove.FrameTransforms":
            for frame in decoded.transforms:
                at = frame.timestamp.seconds * 10**9 + frame.timestamp.nanos
                assert at == message.log_time, f"{at} is not {message.log_time}"
                frames[(at, frame.child_frame_id)] = frame
        elif schema.name == "foxglove.SceneUpdate":
            gone.update(deletion.id for deletion in decoded.deletions)
            entities.update({entity.id: entity for entity in decoded.entities})
        elif schema.name == "linetwin.Counts":
            counts.append(decoded)
        elif schema.name == "linetwin.Element":
            states.setdefault(channel.topic, []).append(decoded.state)

assert summary.statistics.message_count == sum(topics.values()), summary.statistics
assert topics["/tf"] == expected["moments"], f"{topics['/tf']} moments, not {expected['moments']}"
for name in expected["elements"]:
    assert f"/elements/{name}" in topics, f"{name} tells its state"
    triangles = entities[name].triangles
    assert triangles and all(max(t.indices) < len(t.points) for t in triangles), f"{name} is seen"
for part in expected["parts"]:
    frame = frames[(part["at_ns"], part["name"])]
    away = max(abs(a - b) for a, b in zip((frame.translation.x, frame.translation.y, frame.translation.z), part["position_m"]))
    assert away < 1e-6, f"{part['name']} at {part['at_ns']} ns is {away} m off"
    entity = entities[part["name"]]
    assert entity.frame_id == part["name"] and (entity.cubes or entity.triangles), f"{part['name']} is seen in its frame"
assert len(frames) > len(expected["parts"]) or not expected["parts"], "what moves beside parts has frames too"
assert gone >= set(expected["gone"]), f"{expected['gone']} left, and {gone} are taken away"
assert counts[-1].good == expected["good"], f"{counts[-1].good} good parts, not {expected['good']}"
assert any("processing" in told for told in states.values()), states
print(f"{sum(topics.values())} messages on {len(topics)} topics, {len(expected['parts'])} places")
