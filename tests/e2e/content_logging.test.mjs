// What callers said and were told is kept where that is asked for, in its own table and nowhere else.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import path from 'node:path';

import { FakeProvider, answerNormally, completion, sendJson, sseHead, streamEvents } from './fake_provider.mjs';
import { keyNamed, providerAt, Pulse, until } from './pulse_process.mjs';

const SECRET = 'sk-proj-abcdefghij0123456789';
const MAIL = 'ada.lovelace@example.com';
const MARK = 'a-text-that-is-nowhere-else';
const messages = [{ role: 'user', content: `${MARK} ${SECRET} ${MAIL} 4111 1111 1111 1111` }];
let provider;
let pulse;

before(async () => {
  provider = await new FakeProvider().start();
  provider.on('test-buffered', (request, response) => sendJson(response, 200, completion('test-buffered', `${MARK} call ${MAIL}`)));
  provider.on('test-stream', (request, response) => {
    sseHead(response);
    for (const event of streamEvents('test-stream', [MARK, ' told'], { includeUsage: true })) response.write(event);
    response.end();
  });
  provider.on('test-plain', answerNormally);
  pulse = await Pulse.start({
    config: { providers: { fake: providerAt(provider) }, logging: { content: 'redacted', content_limit: '4KiB' } },
    keys: { full: { log_content: 'full' }, silent: { log_content: 'none' } },
  });
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

const database = (work) => {
  const opened = new DatabaseSync(pulse.database, { readOnly: true });
  try {
    return work(opened);
  } finally {
    opened.close();
  }
};
const contentOf = (id) => until(`content of ${id}`, () =>
  database((opened) => opened.prepare('select * from ai_request_content where id = ?').get(id)));

async function call(body, options) {
  const answer = await pulse.chat(body, options);
  assert.equal(answer.status, 200);
  return { id: answer.headers.get('x-pulse-request-id'), text: await answer.text() };
}

it('keeps both sides without what must not be kept', async () => {
  const { id } = await call({ model: 'test-buffered', messages });

  const row = await contentOf(id);

  assert.ok(row.request.includes(MARK) && row.answer.includes(MARK));
  for (const part of [SECRET, MAIL, '4111']) assert.ok(!(row.request + row.answer).includes(part), part);
  assert.match(row.request, /\[api-key\] \[email\] \[card\]/);
  assert.deepEqual([row.redacted, row.request_cut, row.answer_cut], [1, 0, 0]);
  JSON.parse(row.request);
  JSON.parse(row.answer);
});

it('a key may have it all, and what is too long is cut', async () => {
  const { id } = await call({ model: 'test-buffered', messages: [...messages, { role: 'user', content: 'x'.repeat(8000) }] }, { key: keyNamed('full') });

  const row = await contentOf(id);

  assert.ok(row.request.includes(SECRET));
  assert.equal(row.request.length, 4096);
  assert.deepEqual([row.redacted, row.request_cut, row.answer_cut], [0, 1, 0]);
});

it('of a stream the events that the caller got', async () => {
  const { id, text } = await call({ model: 'test-stream', stream: true, messages });

  const row = await contentOf(id);

  assert.ok(row.answer.includes(' told'));
  assert.ok(text.startsWith(row.answer.slice(0, 200)));
  assert.ok(!row.answer.includes('"total_tokens"'), 'the usage chunk that nobody asked for');
});

it('a key may forbid it; and nothing of it is in the log, in ai_request_log or in the spool', async () => {
  const { id } = await call({ model: 'test-plain', messages }, { key: keyNamed('silent') });
  const other = await call({ model: 'test-plain', messages });
  await contentOf(other.id);
  await pulse.record(id, keyNamed('silent'));

  assert.equal(database((opened) => opened.prepare('select count(*) as rows from ai_request_content where id = ?').get(id).rows), 0);
  assert.ok(!pulse.output.includes(MARK));
  const rows = database((opened) => opened.prepare('select * from ai_request_log').all());
  assert.ok(rows.length >= 5 && !JSON.stringify(rows, (_, value) => typeof value === 'bigint' ? String(value) : value).includes(MARK));
  for (const name of readdirSync(path.join(pulse.folder, 'spool'))) {
    assert.ok(!readFileSync(path.join(pulse.folder, 'spool', name)).includes(MARK), name);
  }
  assert.ok(await pulse.metric('pulse_content_written_total') >= 4);
  assert.equal(await pulse.metric('pulse_content_dropped_total'), 0);
});
