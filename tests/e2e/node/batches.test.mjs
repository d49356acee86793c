// The Batches API through the official SDK for Node. Run by test_openai_node.py, which sets
// LARDER_BASE_URL and LARDER_API_KEY to a project of its own, and serves the models `client-good`,
// which answers, and `client-busy`, which never does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import OpenAI, { toFile } from 'openai';

const client = new OpenAI({
  baseURL: process.env.LARDER_BASE_URL,
  apiKey: process.env.LARDER_API_KEY,
});
const ENDED = ['completed', 'failed', 'expired', 'cancelled'];
const FIELDS = [
  'id', 'object', 'endpoint', 'model', 'errors', 'input_file_id', 'completion_window', 'status',
  'output_file_id', 'error_file_id', 'created_at', 'in_progress_at', 'expires_at', 'finalizing_at',
  'completed_at', 'failed_at', 'expired_at', 'cancelling_at', 'cancelled_at', 'request_counts',
  'usage', 'metadata',
];

const line = (customId, { text = 'Hello', model = 'client-good' } = {}) =>
  JSON.stringify({
    custom_id: customId,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model, messages: [{ role: 'user', content: text }] },
  }) + '\n';

async function create(...lines) {
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join('')), 'questions.jsonl'),
    purpose: 'batch',
  });
  return client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    metadata: { job: 'nightly' },
  });
}

async function until(id, statuses) {
  for (let tries = 0; tries < 240; tries += 1) {
    const batch = await client.batches.retrieve(id);
    if (statuses.includes(batch.status)) return batch;
    await setTimeout(500);
  }
  throw new Error(`${id} is in none of the statuses ${statuses}`);
}

async function results(id) {
  const text = await (await client.files.content(id)).text();
  return text.trimEnd().split('\n').map((each) => JSON.parse(each));
}

test('a batch runs from create to its result files', async () => {
  const created = await create(line('a'), line('b', { text: 'refuse this' }), line('c'));
  const batch = await until(created.id, ENDED);

  for (const each of [created, batch]) {
    for (const field of FIELDS) assert.ok(field in each, field);
    assert.equal(each.object, 'batch');
    assert.deepEqual(each.metadata, { job: 'nightly' });
  }
  assert.equal(created.status, 'validating');
  assert.equal(batch.status, 'completed');
  assert.deepEqual(batch.request_counts, { total: 3, completed: 2, failed: 1 });
  assert.equal(batch.usage.total_tokens, batch.usage.input_tokens + batch.usage.output_tokens);
  const good = await results(batch.output_file_id);
  const bad = await results(batch.error_file_id);
  assert.deepEqual(good.map((each) => each.custom_id), ['a', 'c']);
  assert.ok(good[0].response.body.choices[0].message.content);
  assert.deepEqual(bad.map((each) => each.custom_id), ['b']);
  assert.equal(bad[0].response.body.error.code, 'too_rude');
});

test('an invalid file is reported as OpenAI does', async () => {
  const batch = await until((await create(line('a'), '{]\n')).id, ENDED);

  assert.equal(batch.status, 'failed');
  assert.equal(batch.errors.object, 'list');
  assert.deepEqual(
    batch.errors.data.map((error) => [error.line, error.code]),
    [[2, 'invalid_json_line']],
  );
});

test('the list pages by itself, newest first', async () => {
  const made = [];
  for (let n = 0; n < 3; n += 1) made.push((await create(line('a'))).id);

  const listed = [];
  for await (const batch of client.batches.list({ limit: 2 })) listed.push(batch.id);
  const page = await client.batches.list({ limit: 1, after: made[2] });

  assert.deepEqual(listed.filter((id) => made.includes(id)), made.toReversed());
  assert.deepEqual(page.data.map((batch) => batch.id), [made[1]]);
  assert.ok(page.hasNextPage());
  for (const id of made) await until(id, ENDED);
});

test('a batch is cancelled once', async () => {
  const { id } = await create(line('a', { model: 'client-busy' }));
  await until(id, ['in_progress']);

  const cancelling = await client.batches.cancel(id);
  const batch = await until(id, ENDED);
  const requests = [];
  const counting = client.withOptions({
    maxRetries: 5,
    fetch: (...request) => {
      requests.push(request);
      return fetch(...request);
    },
  });

  assert.ok(['cancelling', 'cancelled'].includes(cancelling.status));
  assert.equal(batch.status, 'cancelled');
  assert.equal((await results(batch.error_file_id))[0].error.code, 'batch_cancelled');
  await assert.rejects(counting.batches.cancel(id), OpenAI.ConflictError);
  assert.equal(requests.length, 1);
});

test('a refusal is the error of the SDK', async () => {
  await assert.rejects(
    client.batches.create({
      input_file_id: `file-${'0'.repeat(24)}`,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    }),
    (error) => error instanceof OpenAI.NotFoundError && error.param === 'input_file_id',
  );
});
