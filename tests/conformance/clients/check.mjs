// Drives a server with the official client for TypeScript: node check.mjs URL auto|legacy
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, mode] = process.argv.slice(2);
const stateless = mode === "auto";
const asked = [];
const client = new Client(
  { name: "check", version: "1.0.0" },
  { versionNegotiation: { mode }, capabilities: { elicitation: { form: {} } } },
);
client.setRequestHandler("elicitation/create", async ({ params }) => {
  asked.push(params.message);
  return { action: "accept", content: { confirm: true } };
});
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
assert.equal(
  client.getNegotiatedProtocolVersion(),
  stateless ? "2026-07-28" : "2025-11-25",
);

// The client checks each structured result against the tool's output schema.
const call = (name, args) => client.callTool({ name, arguments: args });
const { tools } = await client.listTools();
assert.ok(tools.some(({ name }) => name === "trash_folder"));
const { files } = (await call("search_files", {})).structuredContent;
assert.equal(files.length, 12);
const id = files[0].id;

const renamed = (await call("rename_file", { file_id: id, name: "ä.txt" })).structuredContent;
assert.equal(renamed.changed, 1);
assert.equal((await call("undo", { action_id: renamed.action_id })).structuredContent.changed, 1);
for (const [name, args] of [
  ["get_file", { file_id: id }],
  ["list_folder", {}],
  ["get_usage", {}],
  ["list_actions", {}],
  ["list_trash", {}],
  ["create_folder", { name: `made by ${mode}` }],
]) {
  assert.ok((await call(name, args)).structuredContent, name);
}

const held = await call("trash_files", { file_ids: files.map((file) => file.id) });
if (stateless) {
  assert.match(asked[0], /^Move 12 files:/);
  assert.equal(held.structuredContent.changed, 12);
  await call("undo", { action_id: held.structuredContent.action_id });
  assert.match(asked[1], /^Undo: /);
} else {
  assert.equal(held.structuredContent.needs_confirmation, true);
  assert.ok(held.structuredContent.plan);
}

const missing = await call("get_file", { file_id: `file-${"0".repeat(24)}` });
assert.equal(missing.isError, true);
for (const refused of [
  () => call("purge_files", {}),
  () => client.readResource({ uri: "larder://files/none" }),
  () => client.getPrompt({ name: "none" }),
]) {
  await assert.rejects(refused, (error) => [-32602, -32002].includes(error.code));
}

const { resources } = await client.listResources();
const larders = resources.filter(({ uri }) => uri.startsWith("larder://"));
assert.equal(larders.length, 12);
const { contents } = await client.readResource({ uri: `larder://files/${id}` });
assert.match(contents[0].text, /^text \d+$/);
assert.equal((await client.listResourceTemplates()).resourceTemplates.length, 2);
assert.ok((await client.getPrompt({ name: "tidy_up", arguments: {} })).messages.length);
await client.close();
