// Asks Khronos' glTF validator about a file: exit 0 without an error or a warning, 1 with what it says, 3 where it is not installed.
//     NODE_PATH=FOLDER/node_modules node tests/validate_gltf.js FILE.glb
let validator;
try {
    validator = require("gltf-validator");
} catch {
    console.log("gltf-validator is not installed: npm install --prefix target/node gltf-validator, and NODE_PATH=target/node/node_modules");
    process.exit(3);
}
const bytes = new Uint8Array(require("fs").readFileSync(process.argv[2]));
validator.validateBytes(bytes, { maxIssues: 0 }).then((report) => {
    const wrong = report.issues.messages.filter((message) => message.severity < 2);
    wrong.slice(0, 20).forEach((message) => console.log(`${message.code} at ${message.pointer}: ${message.message}`));
    console.log(`${report.issues.numErrors} errors, ${report.issues.numWarnings} warnings`);
    process.exit(wrong.length > 0 ? 1 : 0);
});
