// Every recorded exchange through the running binary: the caller gets the recorded bytes, the provider what the caller
// sent, and the ledger the tokens that the recording's own usage says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { PROVIDER_KEY } from './fake_provider.mjs';
import { KEY, Pulse } from './pulse_process.mjs';
import { closeCalls, rawCall } from './raw_call.mjs';
import { MARK, recordedFiles, Recording, ReplayingProvider } from './recordings.mjs';

/** Dialects that have paths of their own: their exchanges also go there, without the provider's name. */
const AT_OWN_PATHS = ['openai', 'anthropic', 'gemini', 'bedrock', 'cohere'];
const CREDENTIALS = { authorization: (key) => `Bearer ${key}`, 'x-api-key': String, 'api-key': String, 'x-goog-api-key': String };
const CREDENTIAL_OF_KIND = { anthropic: 'x-api-key', azure: 'api-key', gemini: 'x-goog-api-key', vertex: 'x-goog-api-key' };

const recordings = recordedFiles.map((file) => new Recording(file));
let provider;
let pulse;

before(async () => {
  if (recordings.length === 0) return;
  provider = await new ReplayingProvider().start();
  const entries = {};
  // The first entry of a dialect takes its calls that name no model.
  for (const name of AT_OWN_PATHS) entries[name] = undefined;
  for (const { entry } of recordings) {
    entries[entry.name] = {
      kind: entry.kind, base_url: provider.origin + entry.base, api_key: PROVIDER_KEY, forward_headers: [MARK],
      models: AT_OWN_PATHS.includes(entry.name) ? ['*'] : [],
    };
  }
  pulse = await Pulse.start({ config: { providers: { ...entries, sandbox: { enabled: false } } } });
});
after(async () => {
  closeCalls();
  await pulse?.stop();
  provider?.stop();
});

// ---- what the recorded exchange needs before it: objects belong to the key that made them

const FORM = 'multipart/form-data; boundary=e2e';
const fileForm = '--e2e\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--e2e\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n{}\r\n--e2e--\r\n';
const OBJECTS = [
  { named: /\bfile-[\w-]+/g, at: '/v1/files', body: fileForm, answer: (id) => ({ id, object: 'file', purpose: 'batch' }) },
  { named: /\bresp_\w+/g, at: '/v1/responses', body: { model: 'gpt-5.6-sol', input: 'x', background: true }, answer: (id) => ({ id, object: 'response', status: 'queued', background: true, model: 'gpt-5.6-sol', usage: null }) },
  { named: /\bvs_\w+/g, at: '/v1/vector_stores', body: {}, answer: (id) => ({ id, object: 'vector_store' }) },
  { named: /\basst_\w+/g, at: '/v1/assistants', body: { model: 'gpt-4o' }, answer: (id) => ({ id, object: 'assistant' }) },
  { named: /\bthread_\w+/g, at: '/v1/threads', body: {}, answer: (id) => ({ id, object: 'thread' }) },
  { named: /\bbatch_[\w-]+/g, at: '/v1/batches', needs: 'file-of-batch', body: { input_file_id: 'file-of-batch', endpoint: '/v1/responses', completion_window: '24h' }, answer: (id) => ({ id, batch_id: id, object: 'batch', status: 'in_progress' }) },
  { named: /\bmsgbatch_\w+/g, at: '/v1/messages/batches', body: { requests: [] }, answer: (id) => ({ id, type: 'message_batch' }) },
  { named: /\bbatches\/[a-z0-9]{20,}/g, at: '/v1beta/models/gemini-2.5-flash:batchGenerateContent', body: { batch: {} }, answer: (name) => ({ name }) },
  { named: /\bcachedContents\/[a-z0-9]+/g, at: '/v1beta/cachedContents', body: { model: 'models/gemini-2.5-flash' }, answer: (name) => ({ name }) },
];
let made = 0;

/** Makes all objects that the path or the body names, as their owner would have. */
async function makeObjects(recording, mount, names = `${recording.pathname} ${JSON.stringify(recording.request.json ?? '')}`) {
  for (const { named, at, needs, body, answer } of OBJECTS) {
    for (const id of new Set(names.match(named) ?? [])) {
      if (needs) await makeObjects(recording, mount, needs);
      const mark = `object ${++made}`;
      provider.play(mark, { status: 200, headers: { 'content-type': 'application/json' }, bytes: Buffer.from(JSON.stringify(answer(id))) });
      const isForm = typeof body === 'string';
      const { status, bytes } = await rawCall(pulse.origin, {
        target: mount + at, bytes: Buffer.from(isForm ? body : JSON.stringify(body)),
        headers: { 'content-type': isForm ? FORM : 'application/json', [MARK]: mark, ...callerHeaders(recording) },
      });
      assert.equal(status, 200, `${id}, which this exchange is about: ${bytes}`);
    }
  }
}

// ---- the call

/** The caller's key where the recording's client had its provider's. */
function callerHeaders({ request }) {
  const named = Object.keys(CREDENTIALS).filter((name) => name in request.headers);
  const places = named.length > 0 ? named : ['authorization'];
  return Object.fromEntries(places.map((name) => [name, CREDENTIALS[name](KEY)]));
}

async function call(recording, mount) {
  const mark = `${recording.file} at ${mount}/`;
  const asked = provider.play(mark, recording.response);
  const { method, headers, bytes } = recording.request;
  const { 'accept-encoding': _, 'content-length': __, host: ___, connection: ____, ...kept } = headers;
  const answer = await rawCall(pulse.origin, {
    method, bytes, target: mount + recording.target, headers: { ...kept, ...callerHeaders(recording), [MARK]: mark },
  });
  return { answer, asked };
}

// ---- what the contract lets differ

const CHAT = new Set(['chat.completions', 'completions']);
/** Writer's own path has OpenAI's bodies. */
const isChat = ({ api, provider: name }) => CHAT.has(api) || name === 'writer';
/** Not at the provider's own path without its name: paths of no dialect that contract §4 lists. */
const hasOwnPath = ({ provider: name, pathname }) =>
  AT_OWN_PATHS.includes(name) && !/^\/v1\/tokenize$|^\/v1beta\/openai\/|\/operations\/|:predictLongRunning$/.test(pathname);
/** A count that the provider itself calls wrong, and Pulse too, before it costs a call. */
const isRefusedBefore = ({ file }) => file === 'openai__completions__n__400__174b04bdaa.json';
/** Answered by Pulse from what it serves; deleting a provider's model is nothing for a caller's key. */
const isAboutModels = ({ request, pathname }) => request.method !== 'POST' && /\/models(\/[^/]*)?$/.test(pathname);
const isRefusedCredential = ({ response }) =>
  response.status === 401 || (response.status === 403 && /security token|unregistered callers/.test(response.bytes.toString()));
/** By its body or its path, whatever came: a refusal is no stream. Replicate's `stream` asks for an address to stream from. */
const asksForStream = ({ provider: name, request, pathname, streaming }) =>
  name !== 'replicate' && (streaming || request.json?.stream === true || /:stream|-stream$|_stream$/.test(pathname));
const asksForUsage = ({ request }) => request.json?.stream_options?.include_usage === true;

/** The stream with the cost that Pulse adds taken out again; a provider's own stays. */
const withoutOurCost = (text, recorded) =>
  /"cost"\s*:/.test(recorded) ? text : text.replace(/,\s*"cost":\s*[0-9.eE-]+\s*(?=\})/g, '');
/** The stream without the event that a provider sends when asked for usage, as Pulse asks. */
const withoutUsageEvent = (text) => text.replace(/^data:[^\n]*"choices":\s*\[\][^\n]*"usage":\s*\{[^\n]*\r?\n\r?\n/gm, '');

function assertSameBytes(recording, answer) {
  const recorded = recording.response.bytes;
  if (answer.bytes.equals(recorded)) return;
  if (!recording.response.streamed || !isChat(recording)) {
    assert.equal(readable(recording, answer.bytes), readable(recording, recorded));
    assert.fail('bytes differ');
  }
  const [got, sent] = [answer.bytes.toString(), recorded.toString()];
  if (asksForUsage(recording)) assert.equal(withoutOurCost(got, sent), sent);
  else assert.equal(got, withoutUsageEvent(sent));
}
const readable = ({ response }, bytes) => bytes.toString(['aws-eventstream', 'binary'].includes(response.framing) ? 'hex' : 'utf8');

/** Not passed as they come: framing, and names under which Pulse has its own. */
const RENAMED = /^(x-ratelimit-|anthropic-ratelimit-)/;
const WRITTEN_ANEW = new Set(['cache-control', 'set-cookie', 'alt-svc', 'openai-organization', 'openai-project', 'anthropic-organization-id']);

function assertHeadersPassed(recording, answer) {
  for (const [name, value] of Object.entries(recording.response.headers)) {
    if (WRITTEN_ANEW.has(name)) continue;
    const passed = RENAMED.test(name) ? `llm_provider-${name}` : name;
    assert.equal(answer.headers[passed], String(value), passed);
  }
}

/** Azure's clients may leave out what Pulse's settings say: the prefix, the version. */
const hasOtherAddress = ({ provider: name, target }) =>
  name === 'azure' && !/^\/(openai\/v1|models)\/|^\/openai\/deployments\/.*api-version=/.test(target);

/** The provider gets the caller's request, under our credential. */
function assertSameRequest(recording, asked) {
  assert.equal(asked.length, 1, 'one call of the provider');
  const [{ method, url, headers, bytes }] = asked;
  assert.equal(method, recording.request.method);
  if (!hasOtherAddress(recording)) assert.equal(url, recording.target);
  if (recording.request.json === undefined) {
    assert.ok(bytes.equals(recording.request.bytes), 'the body that is no JSON differs');
  } else {
    const { stream_options: sent, ...got } = JSON.parse(bytes);
    const { stream_options: wanted, ...rest } = recording.request.json;
    // Where Azure's path names the deployment, the body's model is of no account.
    if (recording.provider === 'azure') delete got.model, delete rest.model;
    assert.deepEqual(got, rest);
    const mayAsk = isChat(recording) && recording.request.json.stream === true;
    assert.deepEqual(sent, mayAsk && sent ? { ...wanted, include_usage: true } : wanted);
  }
  const credential = CREDENTIAL_OF_KIND[recording.entry.kind] ?? 'authorization';
  assert.equal(headers[credential], CREDENTIALS[credential](PROVIDER_KEY));
  assert.ok(!JSON.stringify(headers).includes(KEY), "the caller's key went to the provider");
}

// ---- the ledger's row

function assertRow(recording, record) {
  const { expected, response } = recording;
  const isAnswered = response.status < 400;
  const same = (actual, wanted, what) => () => assert.equal(actual, wanted, `${what}: ${actual}, not ${wanted}`);
  const whereStated = (actual, stated, what) => same(actual, stated === undefined || stated === null ? actual : String(stated), what);
  assertAll(
    same(record.status, isRefusedCredential(recording) ? 502 : response.status, 'status'),
    same(record.stream, asksForStream(recording), 'stream'),
    same(record.outcome, isAnswered && !expected.error && !expected.stream_error ? 'answered' : 'provider_error', 'outcome'),
    same(record.provider, recording.entry.name, 'provider'),
    ...(isAnswered
      ? [
        whereStated(record.model_served, expected.model, 'model_served'),
        whereStated(record.finish_reason, expected.finish_reason, 'finish_reason'),
        whereStated(record.service_tier, expected.service_tier, 'service_tier'),
        () => assertBilled(recording, record),
      ]
      : [same(Number(record.cost), 0, 'cost')]),
  );
}

function assertBilled({ provider: name, api, expected }, record) {
  assert.ok(Object.values(record.billable ?? {}).every((count) => count >= 0), 'nothing is negative');
  // The provider's numbers contradict each other in a way that no rule of its own explains.
  if (expected.inconsistent && !expected.billable) assert.equal(record.cost_status, 'estimated');
  if (expected.billable) {
    const stated = Object.fromEntries(Object.entries(expected.billable).map(([kind, count]) => [kind, count ?? 0]));
    const billed = Object.fromEntries(Object.keys(stated).map((kind) => [kind, record.billable?.[kind] ?? 0]));
    assert.deepEqual(billed, stated);
    assert.equal(record.usage_source, 'provider');
  } else if (CHAT.has(api) && !expected.usage_present && !expected.stream_error) {
    assert.ok(['counted', 'estimated'].includes(record.usage_source), `usage_source: ${record.usage_source}`);
  }
  if (name === 'openai' && (CHAT.has(api) || api === 'embeddings')) {
    assert.ok(['exact', 'derived', 'estimated'].includes(record.cost_status), record.cost_status);
    assert.ok(Number(record.cost) > 0, 'nothing is silently free');
  }
}

/** All that is wrong with an exchange, not the first thing only. */
function assertAll(...checks) {
  const wrong = [];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      wrong.push(error.message);
    }
  }
  assert.ok(wrong.length === 0, wrong.join('\n---\n'));
}

async function replay(recording, mount) {
  await makeObjects(recording, mount);
  if (isAboutModels(recording) && (mount === '' || recording.request.method === 'DELETE')) return assertNotPassed(recording, mount);
  const { answer, asked } = await call(recording, mount);
  const id = answer.headers['x-pulse-request-id'];
  assert.ok(id, `no x-pulse-request-id: ${answer.status} ${answer.bytes}`);
  const record = await pulse.record(id);
  if (isRefusedBefore(recording)) return assert.equal(answer.status, recording.response.status);
  assertAll(
    () => assertAnswer(recording, answer),
    () => assertSameRequest(recording, asked),
    () => assertRow(recording, record),
  );
}

async function assertNotPassed(recording, mount) {
  const { answer, asked } = await call(recording, mount);
  assert.equal(asked.length, 0, 'the provider was asked');
  assert.ok(recording.request.method === 'GET' ? [200, 404].includes(answer.status) : [403, 404, 405].includes(answer.status), `${answer.status}`);
}

function assertAnswer(recording, answer) {
  if (isRefusedCredential(recording)) {
    assert.equal(answer.status, 502, answer.bytes.toString());
    assert.match(answer.bytes.toString(), /credential/);
    return;
  }
  assert.equal(answer.status, recording.response.status, answer.bytes.toString());
  assertAll(() => assertSameBytes(recording, answer), () => assertHeadersPassed(recording, answer));
}

describe('recorded exchanges', { concurrency: 8, skip: recordings.length === 0 && 'no recordings beside this tree' }, () => {
  for (const recording of recordings) {
    it(`${recording.file} under its provider's name`, () => replay(recording, `/providers/${recording.entry.name}`));
    if (hasOwnPath(recording)) it(`${recording.file} at its own path`, () => replay(recording, ''));
  }
});
