// Claude Code without a terminal, unchanged, with nothing but its base URL and token set: what its user sees, what the
// provider was sent, and one row for each of its calls.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { COST, dialectProviders, DialectProvider } from './dialect_providers.mjs';
import { anthropicEvents, STREAMED, streamFor, TEXT } from './fake_dialects.mjs';
import { PROVIDER_KEY, sendJson } from './fake_provider.mjs';
import { KEY, keyNamed, Pulse, sameMoney, SLOWNESS, until } from './pulse_process.mjs';

const PROGRAM = fileURLToPath(new URL(`node_modules/@anthropic-ai/claude-code-linux-${process.arch}/claude`, import.meta.url));
const MODEL = 'claude-sonnet-4-5';

let provider;
let pulse;
let folder;
before(async () => {
  provider = await new DialectProvider().start();
  const providers = dialectProviders(provider, { bedrock: { models: ['*anthropic.*'] } });
  providers.vertex = { ...providers.anthropic, kind: 'vertex', project: 'p', region: 'us-east5' };
  pulse = await Pulse.start({
    config: { providers }, keys: { broke: { budgets: [{ period: 'month', limit: '0.000001', currency: 'USD' }], clamp: false } },
  });
  folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-claude-code-'));
});
after(async () => {
  await pulse?.stop();
  await provider?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

/** Calls that passed authentication, each of which has a row. */
const callsCounted = async () => await pulse.metric('pulse_requests_total') - await pulse.metric('pulse_requests_total', { status: '401' });

/**
 * One headless run with a home of its own and nothing of this process's environment. `requests` are those that came to
 * the provider, `rows` those that the ledger got.
 */
async function claude(words, { env = {}, mount = '' } = {}) {
  const seenBefore = provider.requests.length;
  const countedBefore = await callsCounted();
  const lastRow = rowsAfter(0).at(-1)?.rowid ?? 0;
  const begun = performance.now();
  const child = spawn(PROGRAM, [...words], {
    cwd: folder, stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: '/usr/bin:/bin', HOME: folder, ANTHROPIC_BASE_URL: pulse.origin + mount, ANTHROPIC_AUTH_TOKEN: KEY, ANTHROPIC_MODEL: MODEL,
      DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1', DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', ...env,
    },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of Object.keys(output)) child[name].on('data', (text) => { output[name] += text; });
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 120_000 * SLOWNESS);
  const [code, signal] = await once(child, 'close');
  clearTimeout(giveUp);
  const requests = provider.requests.slice(seenBefore);
  await until('no call is under way', async () => (await pulse.metric('pulse_inflight_requests')) === 0);
  const calls = await callsCounted() - countedBefore;
  await until(`${calls} rows`, () => rowsAfter(lastRow).length >= calls);
  return { ...output, code: code ?? signal, seconds: (performance.now() - begun) / 1000, requests, rows: rowsAfter(lastRow) };
}

function rowsAfter(rowid) {
  const database = new DatabaseSync(pulse.database, { readOnly: true });
  try {
    return database.prepare('SELECT rowid, * FROM ai_request_log WHERE rowid > ? ORDER BY rowid').all(rowid);
  } finally {
    database.close();
  }
}

function assertExact(row, by = 'anthropic') {
  assert.deepEqual([row.provider, row.status, row.outcome, row.usage_source, row.input_uncached, row.output_total], [by, 200, 'answered', 'provider', 12, 5]);
  assert.ok(sameMoney(row.cost, COST), row.cost);
  if (by === 'anthropic') assert.deepEqual([row.dialect, row.model_requested, row.stream], ['anthropic', MODEL, 1]);
}

/** Sends a stream up to its fifth event, for the first `times` calls that stream, and breaks the connection. */
function cutting(times) {
  return (request, response) => {
    if (times-- <= 0) return false;
    const stream = streamFor(request);
    if (!stream) return response.destroy();
    response.writeHead(200, { 'content-type': stream.type });
    response.write(Buffer.concat(stream.events().slice(0, 5)), () => setTimeout(() => response.destroy(), 20));
    return true;
  };
}

describe('Claude Code', { skip: !existsSync(PROGRAM) && `no ${PROGRAM}` }, () => {
  for (const [title, settings] of Object.entries({
    'with a token': {},
    'with an API key': { env: { ANTHROPIC_AUTH_TOKEN: undefined, ANTHROPIC_API_KEY: KEY } },
    'under /anthropic': { mount: '/anthropic' },
  })) {
    it(`${title}: prints the provider's answer, one exact row a call`, async () => {
      const { stdout, code, requests, rows } = await claude(['-p', 'Say hello.'], settings);

      assert.equal(code, 0, stdout);
      assert.equal(stdout.trim(), STREAMED);
      assert.ok(requests.length > 0);
      assert.equal(rows.length, requests.length);
      for (const row of rows) assertExact(row);
      for (const { url, headers, json } of requests) {
        assert.equal(url, '/v1/messages?beta=true');
        assert.match(headers['anthropic-beta'], /^claude-code-\d+/);
        assert.match(headers['anthropic-version'], /^\d{4}-\d\d-\d\d$/);
        assert.match(headers['x-claude-code-session-id'], /^[0-9a-f-]{36}$/);
        assert.match(headers['user-agent'], /^claude-cli\//);
        assert.ok(!JSON.stringify(headers).includes(KEY), 'the caller\'s key is at the provider');
        assert.equal(json.model, MODEL);
      }
    });
  }

  it('uses a tool: each turn is a call with a row', async () => {
    writeFileSync(path.join(folder, 'note.txt'), 'the fish is blue\n');
    let turns = 0;
    const { stdout, code, requests, rows } = await provider.instead((request, response) => {
      if (!streamFor(request) || ++turns > 1) return false;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(Buffer.concat(toolUse('Read', { file_path: path.join(folder, 'note.txt') })));
      return true;
    }, () => claude(['-p', 'What does the note say?', '--allowedTools', 'Read']));

    assert.equal(code, 0, stdout);
    assert.equal(stdout.trim(), STREAMED);
    assert.equal(requests.length, 2);
    assert.match(JSON.stringify(requests[1].json.messages.at(-1)), /tool_result.*the fish is blue/);
    assert.equal(rows.length, 2);
    for (const row of rows) assertExact(row);
  });

  it('counts tokens at no cost', async () => {
    const { stdout, code, requests, rows } = await claude(['-p', '/context']);

    assert.equal(code, 0, stdout);
    assert.match(stdout, /Context Usage/);
    assert.ok(requests.length > 0 && requests.every(({ url }) => url === '/v1/messages/count_tokens?beta=true'), requests.map(({ url }) => url).join());
    assert.equal(rows.length, requests.length);
    assert.ok(rows.every((row) => row.status === 200 && Number(row.cost) === 0));
  });

  it('finds the gateway\'s models, which no provider is asked for', async () => {
    const { stdout, code, requests, rows } = await claude(['-p', 'Say hello.'], {
      env: { CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: undefined },
    });

    assert.equal(code, 0, stdout);
    assert.ok(requests.every(({ url }) => url.startsWith('/v1/messages')), requests.map(({ url }) => url).join());
    const listings = rows.filter((row) => row.model_requested === null);
    assert.ok(listings.length > 0 && listings.every((row) => row.dialect === 'anthropic' && row.status === 200 && Number(row.cost) === 0));
    assert.equal(rows.length - listings.length, requests.length);
  });

  const onVertex = () => ({
    ANTHROPIC_AUTH_TOKEN: undefined, CLAUDE_CODE_USE_VERTEX: '1', ANTHROPIC_VERTEX_BASE_URL: `${pulse.origin}/v1`, CLAUDE_CODE_SKIP_VERTEX_AUTH: '1',
    ANTHROPIC_VERTEX_PROJECT_ID: 'p', CLOUD_ML_REGION: 'us-east5', ANTHROPIC_CUSTOM_HEADERS: `x-pulse-key: ${KEY}`,
  });
  const CLOUDS = {
    'on Bedrock': { by: 'bedrock', path: /^\/model\/[\w.%:-]+\/invoke(-with-response-stream)?$/, env: () => ({
      ANTHROPIC_AUTH_TOKEN: undefined, ANTHROPIC_MODEL: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', CLAUDE_CODE_USE_BEDROCK: '1', AWS_REGION: 'us-east-1',
      ANTHROPIC_BEDROCK_BASE_URL: pulse.origin, AWS_BEARER_TOKEN_BEDROCK: KEY,
    }) },
    'on Vertex': { by: 'vertex', path: /^\/v1\/projects\/p\/locations\/us-east5\/publishers\/anthropic\/models\/[\w.@-]+:(streamR|r)awPredict$/, env: onVertex },
  };
  for (const [title, { by, path: expected, env }] of Object.entries(CLOUDS)) {
    it(`${title}: the same, with the provider's own paths`, async () => {
      const { stdout, code, requests, rows } = await claude(['-p', 'Say hello.'], { env: env() });

      assert.equal(code, 0, stdout);
      assert.equal(stdout.trim(), STREAMED);
      assert.ok(requests.length > 0 && requests.every(({ url }) => expected.test(url)), requests.map(({ url }) => url).join());
      assert.ok(!JSON.stringify(requests.map(({ headers }) => headers)).includes(KEY));
      assert.equal(rows.length, requests.length);
      for (const row of rows) assertExact(row, by);
    });
  }

  it('counts tokens on Vertex at no cost, where the body names the model', async () => {
    const { stdout, code, requests, rows } = await claude(['-p', '/context'], { env: onVertex() });

    assert.equal(code, 0, stdout);
    assert.ok(requests.length > 0 && requests.every(({ url }) => url.endsWith('/publishers/anthropic/models/count-tokens:rawPredict')));
    assert.equal(rows.length, requests.length);
    for (const row of rows) assert.deepEqual([row.provider, row.model_requested, row.status, Number(row.cost)], ['vertex', MODEL, 200, 0]);
  });

  it('a stream that is cut once: its user gets a whole answer, both calls are in the ledger', async () => {
    const { stdout, code, rows, requests } = await provider.instead(cutting(1), () => claude(['-p', 'Say hello.']));

    assert.equal(code, 0, stdout);
    assert.ok([TEXT, STREAMED].includes(stdout.trim()), stdout);
    assert.equal(requests.length, 2);
    assert.deepEqual(rows.map((row) => row.outcome).sort(), ['answered', 'cut']);
    const cut = rows.find((row) => row.outcome === 'cut');
    assert.equal(cut.input_uncached, 12);
    assert.ok(cut.output_total > 0 && Number(cut.cost) > 0);
  });

  it('streams that are cut again and again: an error, soon', async () => {
    const { stdout, code, seconds, rows, requests } = await provider.instead(cutting(Infinity), () =>
      claude(['-p', 'Say hello.'], { env: { CLAUDE_CODE_MAX_RETRIES: '1' } }));

    assert.equal(code, 1);
    assert.match(stdout, /API Error/);
    assert.ok(seconds < 60 * SLOWNESS, `${seconds} s`);
    assert.equal(rows.length, requests.length);
    assert.ok(rows.every((row) => row.outcome !== 'answered'), rows.map((row) => row.outcome).join());
  });

  it('a provider that is overloaded once is asked again', async () => {
    let times = 1;
    const { stdout, code, requests, rows } = await provider.instead((_, response) =>
      times-- > 0 && (sendJson(response, 529, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }) ?? true), () => claude(['-p', 'Say hello.']));

    assert.equal(code, 0, stdout);
    assert.equal(stdout.trim(), STREAMED);
    assert.equal(requests.length, 2);
    assert.deepEqual(rows.map((row) => row.status).sort(), [200, 529]);
  });

  // What Pulse refuses costs nothing, is said in words that help, and is not tried for minutes.
  const REFUSALS = {
    'a model that a provider of OpenAI\'s API serves': { words: ['--model', 'gpt-4o-mini'], says: /`gpt-4o-mini` is served by the provider `openai`, which does not speak the API of this path/, status: 400 },
    'a model that nobody serves': { words: ['--model', 'no-such-model'], says: /no-such-model/, status: 404 },
    'a budget that is used up': { env: { ANTHROPIC_AUTH_TOKEN: keyNamed('broke') }, says: /429.*budget/s, status: 429, calls: 1 },
    'a key that is not known': { env: { ANTHROPIC_AUTH_TOKEN: keyNamed('nobody') }, says: /401 The API key is not valid here/, unknownKey: true },
  };
  for (const [title, { words = [], env, says, status, calls, unknownKey }] of Object.entries(REFUSALS)) {
    it(`${title}: its user is told, soon`, async () => {
      const { stdout, code, seconds, requests, rows } = await claude(['-p', 'Say hello.', ...words], { env });

      assert.equal(code, 1);
      assert.match(stdout, says);
      assert.ok(seconds < 20 * SLOWNESS, `${seconds} s`);
      assert.equal(requests.length, 0);
      if (unknownKey) return assert.equal(rows.length, 0);
      assert.ok(rows.length > 0 && rows.every((row) => row.status === status && row.outcome === 'refused' && Number(row.cost) === 0));
      assert.ok(rows.length <= (calls ?? 5), `${rows.length} calls`);
    });
  }

  it('no call has got a second row since', async () => {
    assert.equal(rowsAfter(0).length, await callsCounted());
  });
});

/** A stream whose answer is the use of a tool. */
function toolUse(name, input) {
  const sse = (data) => Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
  const [start] = anthropicEvents(MODEL);
  return [
    start,
    sse({ type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'toolu_e2e', name, input: {} } }),
    sse({ type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) } }),
    sse({ type: 'content_block_stop', index: 0 }),
    sse({ type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 5 } }),
    sse({ type: 'message_stop' }),
  ];
}
