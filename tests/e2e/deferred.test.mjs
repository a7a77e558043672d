// Work that goes on after its answer is billed from its output: once, at its own rates, to the key that began it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DatabaseSync } from 'node:sqlite';

import { anthropicMessage, geminiAnswer, responseObject, responsesEvents } from './fake_dialects.mjs';
import { DialectProvider, dialectProviders } from './dialect_providers.mjs';
import { completion, sendJson } from './fake_provider.mjs';
import { KEY, keyNamed, Pulse, sameMoney, SLOWNESS, until } from './pulse_process.mjs';

let provider;
let pulse;
/** What the fake has: path → object, text, or a function that answers. */
const kept = new Map();
let made = 0;
const RESPONSE_ID = responseObject('m').id;

/** The fake's half: POST makes objects that the tests finish when they like. */
function answer(request, response) {
  const path = request.url.split('?')[0];
  if (request.method === 'POST' && path === '/v1/files') return keep(response, `/v1/files/file-${++made}`, { id: `file-${made}`, object: 'file', purpose: 'batch' });
  if (request.method === 'POST' && path === '/v1/batches' && request.json.name) {
    return keep(response, `/v1/batches/xai_${++made}`, { batch_id: `xai_${made}`, name: request.json.name, cancel_time: null, state: { num_requests: 0, num_pending: 0 } });
  }
  if (request.method === 'POST' && path === '/v1/batches') return keep(response, `/v1/batches/batch_${++made}`, openaiBatch(`batch_${made}`, 'validating'));
  if (request.method === 'POST' && path === '/v1/messages/batches') return keep(response, `/v1/messages/batches/msgbatch_${++made}`, { id: `msgbatch_${made}`, type: 'message_batch', processing_status: 'in_progress', results_url: null });
  if (request.method === 'POST' && path.endsWith(':batchGenerateContent')) return keep(response, `/v1beta/batches/g${++made}`, { name: `batches/g${made}`, metadata: { state: 'BATCH_STATE_PENDING', model: 'models/gemini-2.5-flash' } });
  if (request.method === 'POST' && path === '/v1/responses' && request.json?.background && !kept.has(path)) {
    return keep(response, `/v1/responses/resp_${++made}`, responseObject(request.json.model, '', { id: `resp_${made}`, status: 'queued', background: true, output: [], usage: null }));
  }
  const found = kept.get(path);
  if (found === undefined) return false;
  if (typeof found === 'function') return found(request, response);
  return keep(response, path, found);
}

function keep(response, path, object) {
  kept.set(path, object);
  sendJson(response, 200, object);
  return true;
}

const openaiBatch = (id, status, more = {}) => ({
  id, object: 'batch', endpoint: '/v1/chat/completions', status, output_file_id: null, error_file_id: null, ...more,
});
const usage = (input, output) => ({ prompt_tokens: input, completion_tokens: output, total_tokens: input + output });
const openaiLine = (model, input, output) => `${JSON.stringify({
  id: 'batch_req', custom_id: 'c', response: { status_code: 200, request_id: 'r', body: completion(model, 'a\nb', usage(input, output)) }, error: null,
})}\n`;
const REFUSED = `${JSON.stringify({ custom_id: 'x', response: { status_code: 400, body: { error: { message: 'no', type: 'invalid_request_error' } } }, error: null })}\n`;

/** Makes a batch with `key`, through Pulse; its id. */
async function beginBatch(key = KEY, headers = {}) {
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob(['{}\n']), 'batch.jsonl');
  const file = await fetch(`${pulse.origin}/v1/files`, { method: 'POST', body: form, headers: { authorization: `Bearer ${key}` } });
  assert.equal(file.status, 200, await file.clone().text());
  const { id: input_file_id } = await file.json();
  const begun = await pulse.post('/v1/batches', { input_file_id, endpoint: '/v1/chat/completions', completion_window: '24h' }, { key, headers });
  assert.equal(begun.status, 200, await begun.clone().text());
  return (await begun.json()).id;
}

/** The batch is done, with these lines as its output. */
function finish(id, text, status = 'completed') {
  kept.set(`/v1/files/out-${id}/content`, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    response.end(text);
    return true;
  });
  kept.set(`/v1/batches/${id}`, openaiBatch(id, status, { output_file_id: text ? `out-${id}` : null }));
}

function query(work) {
  const database = new DatabaseSync(pulse.database, { timeout: 5000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}
const deferred = (id) => query((database) => database.prepare('select * from deferred_work where object_id = ?').get(id));
const rowsBilling = (id) => query((database) => {
  const { request_id: maker } = database.prepare('select request_id from deferred_work where object_id = ?').get(id);
  const { key_id: key } = database.prepare('select key_id from ai_request_log where id = ?').get(maker);
  const bill = database.prepare('select billed_id from deferred_work where object_id = ?').get(id).billed_id;
  return database.prepare('select count(*) as rows from ai_request_log where id = ? and key_id = ?').get(bill, key).rows;
});

/** Pulse asks for it now, and not in half a minute; then its row. */
async function ended(id, key = KEY) {
  await until(`${id} is known`, () => deferred(id));
  query((database) => database.prepare('update deferred_work set next_at = 0 where object_id = ? and state = ?').run(id, 'waiting'));
  const work = await until(`${id} has ended`, () => {
    const row = deferred(id);
    return row.state === 'waiting' ? undefined : row;
  }, 20);
  return { work, row: await pulse.record(work.billed_id, key) };
}

const spentOf = async (key) => (await (await fetch(`${pulse.origin}/v1/pulse/key`, { headers: { authorization: `Bearer ${key}` } })).json()).budgets[0].spent;

before(async () => {
  provider = await new DialectProvider().start();
  const providers = dialectProviders(provider);
  pulse = await Pulse.start({
    config: { providers: { ...providers, xai: { ...providers.openai, kind: 'xai', models: ['grok-*'] } } },
    keys: {
      budget: { budgets: [{ period: 'month', limit: '1000.00', currency: 'USD' }], allow_deferred: true },
      crash: { budgets: [{ period: 'month', limit: '1000.00', currency: 'USD' }], allow_deferred: true },
      other: {},
    },
  });
  provider.special = answer;
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
});

describe('batches', () => {
  it('OpenAI: each model at half its price, nothing for what failed, to the key that began it', async () => {
    const key = keyNamed('budget');
    const id = await beginBatch(key, { 'x-pulse-team': 'night', 'x-pulse-tags': 'job=7' });
    await until('it is open', async () => await pulse.metric('pulse_deferred_open') >= 1);
    finish(id, openaiLine('gpt-4o-mini', 100, 7) + openaiLine('gpt-4o', 10, 1) + REFUSED + openaiLine('gpt-4o-mini', 5, 2));

    const { work, row } = await ended(id, key);

    assert.equal(work.state, 'billed');
    assert.equal(row.outcome, 'answered');
    assert.equal(row.api, 'batches');
    assert.equal(row.service_tier, 'batch');
    assert.equal(row.team, 'night');
    assert.deepEqual(row.tags, { job: '7' });
    assert.equal(row.billable.input_uncached, 115);
    assert.equal(row.billable.output_total, 10);
    assert.deepEqual(row.attempts.map(({ model }) => model), ['gpt-4o-mini', 'gpt-4o']);
    assert.ok(sameMoney(row.attempts[0].cost, '0.0000615'), row.attempts[0].cost);
    assert.ok(sameMoney(row.attempts[1].cost, '0.000006'), row.attempts[1].cost);
    assert.ok(sameMoney(row.cost, '0.0000675'), row.cost);
    assert.ok(sameMoney(await spentOf(key), '0.0000675'), await spentOf(key));
    const events = query((database) => database.prepare('select model, amount, team from cost_event where request_id = ? order by amount').all(row.id));
    assert.deepEqual(events.map(({ model, team }) => [model, team]), [['gpt-4o', 'night'], ['gpt-4o-mini', 'night']]);

    // Looking at it again costs nothing.
    for (let i = 0; i < 10; ++i) {
      const seen = await fetch(`${pulse.origin}/v1/batches/${id}`, { headers: { authorization: `Bearer ${key}` } });
      assert.equal(seen.headers.get('x-pulse-cost') ?? '0', '0');
      await seen.text();
    }
    assert.ok(sameMoney(await spentOf(key), '0.0000675'));
  });

  it('Anthropic: from its results, and never from the address that the answer names', async () => {
    const begun = await pulse.post('/v1/messages/batches', { requests: [{ custom_id: 'a', params: { model: 'claude-a', max_tokens: 9, messages: [] } }] });
    assert.equal(begun.status, 200);
    const { id } = await begun.json();
    const item = (model) => `${JSON.stringify({ custom_id: model, result: { type: 'succeeded', message: anthropicMessage(model) } })}\n`;
    kept.set(`/v1/messages/batches/${id}/results`, (request, response) => {
      response.end(`${item('claude-a')}${item('claude-b')}{"custom_id":"c","result":{"type":"expired"}}\n`);
      return true;
    });
    kept.set(`/v1/messages/batches/${id}`, { id, type: 'message_batch', processing_status: 'ended', results_url: 'http://127.0.0.1:9/elsewhere' });

    const { row } = await ended(id);

    assert.equal(row.dialect, 'anthropic');
    assert.equal(row.attempts.length, 2);
    assert.ok(sameMoney(row.cost, '0.000022'), `${row.cost}: two of 12 in and 5 out at half price`);
  });

  for (const place of ['within the object', 'in a file']) {
    it(`Gemini: answers ${place}`, async () => {
      const begun = await pulse.post('/v1beta/models/gemini-2.5-flash:batchGenerateContent', { batch: { display_name: 'e2e' } });
      assert.equal(begun.status, 200, await begun.clone().text());
      const id = (await begun.json()).name.split('/')[1];
      const result = { response: geminiAnswer('gemini-2.5-flash') };
      const output = place === 'in a file' ? { responsesFile: `files/out${id}` }
        : { inlinedResponses: { inlinedResponses: [result, { error: { code: 3, message: 'no' } }] } };
      kept.set(`/v1beta/files/out${id}:download`, (request, response) => {
        response.end(`${JSON.stringify({ key: '1', ...result })}\n`);
        return true;
      });
      kept.set(`/v1beta/batches/${id}`, { name: `batches/${id}`, done: true, metadata: { state: 'BATCH_STATE_SUCCEEDED', model: 'models/gemini-2.5-flash' }, response: output });

      const { row } = await ended(id);

      assert.equal(row.model_served, 'gemini-2.5-flash');
      assert.ok(sameMoney(row.cost, '0.000011'), row.cost);
    });
  }

  it('a failed batch costs nothing, and its row says so', async () => {
    const id = await beginBatch();
    finish(id, '', 'failed');

    const { work, row } = await ended(id);

    assert.equal(work.state, 'failed');
    assert.equal(row.outcome, 'provider_error');
    assert.equal(row.error_code, 'batch_failed');
    assert.equal(row.usage_source, 'none');
    assert.ok(sameMoney(row.cost, '0'));
  });

  it('an expired batch costs what was done of it', async () => {
    const id = await beginBatch();
    finish(id, openaiLine('gpt-4o-mini', 10, 0), 'expired');

    const { work, row } = await ended(id);

    assert.equal(work.state, 'billed');
    assert.equal(row.error_code, 'batch_expired');
    assert.ok(sameMoney(row.cost, '0.000005'), row.cost);
  });

  it('an output that breaks off is read again, whole', async () => {
    const id = await beginBatch();
    finish(id, openaiLine('gpt-4o-mini', 10, 0));
    const whole = kept.get(`/v1/files/out-${id}/content`);
    let asked = 0;
    kept.set(`/v1/files/out-${id}/content`, (request, response) => {
      if (++asked > 1) return whole(request, response);
      response.writeHead(200, { 'content-length': 100_000 });
      response.write(openaiLine('gpt-4o-mini', 10, 0));
      setTimeout(() => response.destroy(), 50);
      return true;
    });
    await until(`${id} is known`, () => deferred(id));
    query((database) => database.prepare('update deferred_work set next_at = 0 where object_id = ?').run(id));
    await until('its output was asked for', () => asked === 1);
    await until('it waits for the next time', () => deferred(id).next_at > Date.now() * 1000 && deferred(id).next_at < (Date.now() + 120_000) * 1000);

    const { row } = await ended(id);

    assert.equal(asked, 2);
    assert.ok(sameMoney(row.cost, '0.000005'), row.cost);
  });

  it('their output is a file of the key that made the batch, after a restart too', async () => {
    const id = await beginBatch();
    finish(id, openaiLine('gpt-4o-mini', 10, 0));
    const get = (path, key = KEY) => fetch(`${pulse.origin}${path}`, { headers: { authorization: `Bearer ${key}` } });
    const file = `/v1/files/out-${id}/content`;
    assert.equal((await get(file)).status, 404, 'nobody knows whose it is');
    assert.equal((await (await get(`/v1/batches/${id}`)).json()).output_file_id, `out-${id}`);

    assert.match(await (await get(file)).text(), /gpt-4o-mini/);
    assert.equal((await get(file, keyNamed('other'))).status, 404);
    await ended(id);
    assert.equal(await pulse.kill('SIGTERM'), 0);
    await pulse.launch();
    assert.equal((await get(file)).status, 200);
    assert.equal((await get(file, keyNamed('other'))).status, 404);
  });

  it('xAI: page by page, and its own statement of the cost beside', async () => {
    const begun = await pulse.post('/providers/xai/v1/batches', { name: 'batch_1' });
    assert.equal(begun.status, 200, await begun.clone().text());
    const { batch_id: id } = await begun.json();
    const result = (model) => ({
      batch_request_id: '0', batch_result: { response: { chat_get_completion: completion(model, 'hi', { ...usage(12, 5), cost_in_usd_ticks: 1000 }) } },
    });
    kept.set(`/v1/batches/${id}/results`, (request, response) => {
      const isLast = request.url.includes('pagination_token=next%3D');
      sendJson(response, 200, { results: [result(isLast ? 'grok-b' : 'grok-a')], pagination_token: isLast ? null : 'next=' });
      return true;
    });
    kept.set(`/v1/batches/${id}`, { batch_id: id, name: 'batch_1', cancel_time: null, state: { num_requests: 2, num_pending: 0 } });

    const { row } = await ended(id);

    assert.deepEqual(row.attempts.map(({ model }) => model), ['grok-a', 'grok-b']);
    assert.ok(sameMoney(row.cost, '0.000022'), row.cost);
    assert.ok(sameMoney(row.stated_cost, '0.0000002'), row.stated_cost);
  });

  it('what is not done after two days is given up, with a row', async () => {
    const id = await beginBatch();
    await until(`${id} is known`, () => deferred(id));
    query((database) => database.prepare('update deferred_work set created_at = ? where object_id = ?').run((Date.now() - 49 * 3_600_000) * 1000, id));

    const { work, row } = await ended(id);

    assert.equal(work.state, 'given_up');
    assert.equal(row.outcome, 'upstream_failed');
    assert.equal(row.error_code, 'deferred_given_up');
    assert.equal(await pulse.metric('pulse_deferred_given_up_total'), 1);
    assert.match(pulse.output, /given up/);
  });
});

describe('background responses', () => {
  it('are billed once, at their own rates, though their caller asks ten times', async () => {
    const spent = () => pulse.metric('pulse_cost_usd_total');
    const begun = await pulse.post('/v1/responses', { model: 'gpt-4o-mini', input: 'hi', background: true });
    const { id } = await begun.json();
    await until('it is known', () => deferred(id));
    const before = await spent();
    kept.set(`/v1/responses/${id}`, responseObject('gpt-4o-mini', 'done', { id, background: true }));
    const ask = async () => {
      const seen = await fetch(`${pulse.origin}/v1/responses/${id}`, { headers: { authorization: `Bearer ${KEY}` } });
      assert.equal((await seen.json()).status, 'completed');
    };
    for (let i = 0; i < 5; ++i) await ask();
    const work = await until('it is billed', () => (deferred(id).state === 'billed' ? deferred(id) : undefined), 40);
    for (let i = 0; i < 5; ++i) await ask();

    const row = await pulse.record(work.billed_id);

    assert.equal(row.api, 'responses');
    assert.ok(sameMoney(row.cost, '0.000022'), row.cost);
    assert.ok(Math.abs(await spent() - before - 0.000022) < 1e-12, `${await spent() - before}`);
    const events = query((database) => database.prepare("select count(*) as n from cost_event where service like 'responses%'").get().n);
    assert.equal(events, 1);
  });

  it('belong to their key, and without a stored answer too', async () => {
    const begun = await pulse.post('/v1/responses', { model: 'gpt-4o-mini', input: 'hi', background: true, store: false });
    const { id } = await begun.json();
    const seen = (key) => fetch(`${pulse.origin}/v1/responses/${id}`, { headers: { authorization: `Bearer ${key}` } }).then(({ status }) => status);
    assert.equal(await seen(KEY), 200);
    assert.equal(await seen(keyNamed('other')), 404);
    kept.set(`/v1/responses/${id}`, responseObject('gpt-4o-mini', 'done', { id, background: true, status: 'cancelled', usage: null }));

    const { row } = await ended(id);

    assert.equal(row.error_code, 'response_cancelled');
    assert.ok(sameMoney(row.cost, '0'));
  });

  it('are deleted when they are billed, not before', async () => {
    const begun = await pulse.post('/v1/responses', { model: 'gpt-4o-mini', input: 'hi', background: true });
    const { id } = await begun.json();
    await until('it is known', () => deferred(id));
    const forget = () => fetch(`${pulse.origin}/v1/responses/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${KEY}` } });

    const early = await forget();
    assert.equal(early.status, 429, 'official clients ask again by themselves');
    assert.equal(early.headers.get('retry-after'), '2');
    assert.match(await early.text(), /not billed yet/);

    kept.set(`/v1/responses/${id}`, responseObject('gpt-4o-mini', 'done', { id, background: true }));
    await until('it can be deleted', async () => (await forget()).status === 200);
    assert.ok(sameMoney((await pulse.record(deferred(id).billed_id)).cost, '0.000022'));
  });

  for (const isCut of [false, true]) {
    it(`streamed ${isCut ? 'and cut off' : 'to their end'}: billed once, from the response`, async () => {
      const id = `resp_streamed_${isCut}`;
      kept.set('/v1/responses', (request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const events = responsesEvents('gpt-4o-mini').map((event) => event.toString().replaceAll(RESPONSE_ID, id));
        for (const event of isCut ? events.slice(0, 5) : events) response.write(event);
        if (isCut) setTimeout(() => response.destroy(), 50); else response.end();
        return true;
      });
      kept.set(`/v1/responses/${id}`, responseObject('gpt-4o-mini', 'done', { id, background: true }));
      const answered = await pulse.post('/v1/responses', { model: 'gpt-4o-mini', input: 'hi', background: true, stream: true }, { headers: { 'x-pulse-team': id } });
      await answered.text();
      kept.delete('/v1/responses');

      const { row } = await ended(id);

      assert.ok(sameMoney(row.cost, '0.000022'), row.cost);
      const all = query((database) => database.prepare('select cost from ai_request_log where team = ? order by ts').all(id));
      assert.deepEqual(all.map(({ cost }) => Number(cost)), [0, 0.000022]);
    });
  }

  it('are billed though their caller left before he knew their id', async () => {
    const id = 'resp_left';
    let release;
    const asked = new Promise((done) => {
      kept.set('/v1/responses', (request, response) => {
        release = () => sendJson(response, 200, responseObject('gpt-4o-mini', '', { id, status: 'queued', background: true, output: [], usage: null }));
        done();
        return true;
      });
    });
    kept.set(`/v1/responses/${id}`, responseObject('gpt-4o-mini', 'done', { id, background: true }));
    const leaving = new AbortController();
    const call = pulse.post('/v1/responses', { model: 'gpt-4o-mini', input: 'hi', background: true, stream: false }, { signal: leaving.signal });
    await asked;
    const gone = await pulse.metric('pulse_callers_gone_total');
    leaving.abort();
    await assert.rejects(call);
    await until('Pulse sees it', async () => await pulse.metric('pulse_callers_gone_total') > gone);
    kept.delete('/v1/responses');
    release();

    const { row } = await ended(id);

    assert.ok(sameMoney(row.cost, '0.000022'), row.cost);
  });

  it('`background` is no way past the bill where nothing goes on', async () => {
    const answered = await pulse.chat({ model: 'gpt-4o-mini', background: true });
    assert.equal(answered.status, 200);
    await answered.text();

    const row = await pulse.record(answered.headers.get('x-pulse-request-id'));

    assert.ok(sameMoney(row.cost, '0.000022'), row.cost);
  });
});

describe('kill -9', () => {
  it('at any time after a batch is done leaves one row, and the budget right', async () => {
    const key = keyNamed('crash');
    const ids = [];
    for (let i = 0; i < 4; ++i) ids.push(await beginBatch(key));
    for (const id of ids) await until(`${id} is known`, () => deferred(id));
    for (const id of ids) {
      finish(id, openaiLine('gpt-4o-mini', 100, 0));
      const path = `/v1/files/out-${id}/content`;
      const whole = kept.get(path);
      kept.set(path, (request, response) => { // slowly, so that a kill falls anywhere
        setTimeout(() => whole(request, response), 100);
        return true;
      });
    }
    const hurry = () => query((database) => database.prepare("update deferred_work set next_at = 0 where state = 'waiting'").run());
    for (const wait of [900, 1100, 1250, 1400]) {
      hurry();
      await new Promise((done) => { setTimeout(done, wait * SLOWNESS); });
      await pulse.kill('SIGKILL');
      await pulse.launch();
    }
    for (const id of ids) {
      const { work, row } = await ended(id, key);
      assert.equal(work.state, 'billed');
      assert.ok(sameMoney(row.cost, '0.00005'), row.cost);
      assert.equal(rowsBilling(id), 1);
    }
    assert.ok(sameMoney(await spentOf(key), '0.0002'), await spentOf(key));
    const sum = () => query((database) => database.prepare("select count(*) as n from cost_event e join ai_request_log l on l.id = e.request_id where l.service_tier = 'batch' and l.key_id = (select key_id from ai_request_log where id = (select request_id from deferred_work where object_id = ?))").get(ids[0]).n);
    assert.equal(sum(), 4);
    await pulse.kill('SIGKILL');
    await pulse.launch();
    assert.ok(sameMoney(await spentOf(key), '0.0002'), 'the ledger gives it back');
  });

  it('between the id of a bill and its row: the row comes with that id', async () => {
    const id = await beginBatch();
    await until(`${id} is known`, () => deferred(id));
    await pulse.kill('SIGKILL');
    const named = '019ac000-0000-7000-8000-0000000000aa';
    query((database) => database.prepare('update deferred_work set billed_id = ?, tries = 1 where object_id = ?').run(named, id));
    finish(id, openaiLine('gpt-4o-mini', 10, 0));
    await pulse.launch();

    const { work, row } = await ended(id);

    assert.equal(work.billed_id, named);
    assert.equal(row.id, named);
    assert.ok(sameMoney(row.cost, '0.000005'), row.cost);
  });
});

it('re-rating with the same prices finds nothing to change', () => {
  const { stdout, status, stderr } = pulse.cli(
    'prices', 'rerate', '--json', '--dry-run', '--from', '2025-01-01T00:00:00Z', '--to', '2099-01-01T00:00:00Z');
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout);
  assert.ok(report.rows >= 12, `${report.rows} rows`);
  assert.equal(report.changed, 0, stdout);
  assert.ok(sameMoney(report.before ?? report.cost_before, report.after ?? report.cost_after), stdout);
});
