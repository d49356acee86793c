// The Files API through the official SDK for Node. Run by test_openai_node.py, which sets
// LARDER_BASE_URL and LARDER_API_KEY to a project of its own.
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import OpenAI, { toFile } from 'openai';

const client = new OpenAI({
  baseURL: process.env.LARDER_BASE_URL,
  apiKey: process.env.LARDER_API_KEY,
});
const folder = await mkdtemp(join(tmpdir(), 'larder-'));
after(() => rm(folder, { recursive: true }));

const LINE =
  JSON.stringify({
    custom_id: 'a',
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
  }) + '\n';

const bytes = async (response) => Buffer.from(await response.arrayBuffer());

test('a file is created from a stream', async () => {
  const path = join(folder, 'grüße 日本.jsonl');
  await writeFile(path, LINE);

  const file = await client.files.create({ file: createReadStream(path), purpose: 'batch' });

  assert.match(file.id, /^file-[0-9a-f]{24}$/);
  assert.equal(file.object, 'file');
  assert.equal(file.filename, 'grüße 日本.jsonl');
  assert.equal(file.bytes, Buffer.byteLength(LINE));
  assert.equal(file.purpose, 'batch');
  assert.equal(file.expires_at, file.created_at + 30 * 86_400);
  assert.deepEqual(await bytes(await client.files.content(file.id)), Buffer.from(LINE));
});

test('a file is created from a buffer, a File and a Response', async () => {
  const data = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

  for (const upload of [
    await toFile(data, 'blob.bin'),
    new File([data], 'blob.bin', { type: 'application/octet-stream' }),
    await toFile(new Response(data), 'blob.bin'),
  ]) {
    const file = await client.files.create({ file: upload, purpose: 'user_data' });

    assert.equal(file.filename, 'blob.bin');
    assert.deepEqual(await bytes(await client.files.content(file.id)), data);
  }
});

test('expires_after is applied', async () => {
  const file = await client.files.create({
    file: await toFile(Buffer.from('a'), 'a.txt'),
    purpose: 'user_data',
    expires_after: { anchor: 'created_at', seconds: 3600 },
  });

  assert.equal(file.expires_at, file.created_at + 3600);
});

test('a file can be retrieved right after its creation', async () => {
  const file = await client.files.create({
    file: await toFile(Buffer.from('a'), 'a.txt'),
    purpose: 'vision',
  });

  const { status, ...found } = await client.files.retrieve(file.id);

  assert.deepEqual({ ...found, status: file.status }, file);
});

test('list pages by itself, newest first', async () => {
  const made = [];
  for (let i = 0; i < 5; i++) {
    const file = await toFile(Buffer.from('a'), `${i}.txt`);
    made.push((await client.files.create({ file, purpose: 'assistants' })).id);
  }

  const listed = [];
  for await (const file of client.files.list({ limit: 2, purpose: 'assistants' })) {
    assert.equal(file.purpose, 'assistants');
    listed.push(file.id);
  }

  assert.deepEqual(listed, made.reverse());
});

test('a large file is uploaded to S3 and downloaded unchanged', async () => {
  const data = Buffer.alloc(5 * 2 ** 20, 'larder ');
  const upload = await client.uploads.create({
    bytes: data.length,
    filename: 'large.bin',
    mime_type: 'application/octet-stream',
    purpose: 'user_data',
  });
  assert.equal(upload.status, 'pending');

  const { url, method, headers } = upload.transfer;
  const sent = await fetch(url, { method, headers, body: data });
  assert.equal(sent.status, 200, await sent.text());
  const completed = await client.uploads.complete(upload.id, { part_ids: [] });

  assert.equal(completed.status, 'completed');
  assert.deepEqual(await bytes(await client.files.content(completed.file.id)), data);
});

test('an upload can be cancelled', async () => {
  const upload = await client.uploads.create({
    bytes: 4,
    filename: 'a.txt',
    mime_type: 'text/plain',
    purpose: 'user_data',
  });

  assert.equal((await client.uploads.cancel(upload.id)).status, 'cancelled');
});

test('waitForProcessing returns the final status', async () => {
  const good = await client.files.create({
    file: await toFile(Buffer.from(LINE), 'good.jsonl'),
    purpose: 'batch',
  });
  const bad = await client.files.create({
    file: await toFile(Buffer.from(LINE + '{'), 'bad.jsonl'),
    purpose: 'batch',
  });

  const patience = { pollInterval: 200, maxWait: 20_000 };
  assert.equal((await client.files.waitForProcessing(good.id, patience)).status, 'processed');
  const verdict = await client.files.waitForProcessing(bad.id, patience);
  assert.equal(verdict.status, 'error');
  assert.match(verdict.status_details, /line 2/);
});

test('delete is final', async () => {
  const file = await client.files.create({
    file: await toFile(Buffer.from('a'), 'a.txt'),
    purpose: 'user_data',
  });

  assert.deepEqual(await client.files.delete(file.id), {
    id: file.id,
    object: 'file',
    deleted: true,
  });

  await assert.rejects(client.files.retrieve(file.id), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.match(error.message, /No such File object/);
    assert.equal(error.code, null);
    assert.ok(error.requestID);
    return true;
  });
});

test('refusals have their message', async () => {
  const file = await toFile(Buffer.from('a'), 'a.txt');
  await assert.rejects(client.files.create({ file, purpose: 'fun' }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'purpose');
    assert.match(error.message, /user_data/);
    return true;
  });

  const stranger = client.withOptions({ apiKey: 'zk_live_' + 'A'.repeat(43) });
  await assert.rejects(stranger.files.retrieve('file-1'), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, 'invalid_api_key');
    assert.doesNotMatch(error.message, /no body/);
    return true;
  });
});
