// Uploads in OpenAI's own parts through the official SDK for Node. Run by test_openai_node.py.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';

import OpenAI, { toFile } from 'openai';

const client = new OpenAI({
  baseURL: process.env.LARDER_BASE_URL,
  apiKey: process.env.LARDER_API_KEY,
});

const PART_SIZE = 1_900_000;

const md5 = (data) => createHash('md5').update(data).digest('hex');

const announced = (size) =>
  client.uploads.create({
    bytes: size,
    filename: 'parts.bin',
    mime_type: 'application/octet-stream',
    purpose: 'user_data',
  });

const sendPart = async (upload, data) =>
  (await client.uploads.parts.create(upload.id, { data: await toFile(data, 'part') })).id;

const content = async (file) =>
  Buffer.from(await (await client.files.content(file.id)).arrayBuffer());

test('parts sent in parallel become one file', async () => {
  const data = randomBytes(20 * 100_000 + PART_SIZE);
  const pieces = [data.subarray(0, PART_SIZE)];
  for (let at = PART_SIZE; at < data.length; at += 100_000) {
    pieces.push(data.subarray(at, at + 100_000));
  }
  const upload = await announced(data.length);

  const partIds = [];
  const waiting = pieces.entries();
  const sender = async () => {
    for (const [index, piece] of waiting) partIds[index] = await sendPart(upload, piece);
  };
  await Promise.all([sender(), sender(), sender(), sender()]);
  const completed = await client.uploads.complete(upload.id, {
    part_ids: partIds,
    md5: md5(data),
  });

  assert.equal(partIds.length, 21);
  assert.equal(completed.status, 'completed');
  assert.equal(completed.file.bytes, data.length);
  assert.deepEqual(await content(completed.file), data);
});

test('a wrong digest, order or part is refused and can be corrected', async () => {
  const upload = await announced(10);
  const one = await sendPart(upload, Buffer.from('some '));
  const two = await sendPart(upload, Buffer.from('bytes'));
  const right = md5('some bytes');

  for (const [part_ids, digest, param] of [
    [[one, two], '0'.repeat(32), 'md5'],
    [[two, one], right, 'md5'],
    [[one], right, 'part_ids'],
    [[one, 'part_of_another'], right, 'part_ids'],
    [[one, one], right, 'part_ids'],
  ]) {
    await assert.rejects(client.uploads.complete(upload.id, { part_ids, md5: digest }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, param);
      return true;
    });
  }

  const completed = await client.uploads.complete(upload.id, { part_ids: [one, two], md5: right });
  assert.deepEqual(await content(completed.file), Buffer.from('some bytes'));
  await assert.rejects(sendPart(upload, Buffer.from('late')), (error) => {
    assert.ok(error instanceof OpenAI.ConflictError);
    assert.equal(error.code, 'upload_completed');
    return true;
  });
});

test('an upload in parts can be cancelled', async () => {
  const upload = await announced(10);
  await sendPart(upload, Buffer.from('some '));

  assert.equal((await client.uploads.cancel(upload.id)).status, 'cancelled');
});
