// One fake that speaks every dialect, Pulse before it, and the official clients of each.
import assert from 'node:assert/strict';

import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import Anthropic0 from 'anthropic0';
import Anthropic1 from 'anthropic1';
import { CohereClientV2 } from 'cohere-ai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai2';
import { GoogleGenAI as GoogleGenAI3 } from 'genai3';

import { answerFor, streamFor } from './fake_dialects.mjs';
import { FakeProvider, PROVIDER_KEY, sendJson } from './fake_provider.mjs';
import { KEY, Pulse, sameMoney } from './pulse_process.mjs';

export const ANTHROPICS = [
  { name: '@anthropic-ai/sdk 0.71', Anthropic: Anthropic0 },
  { name: '@anthropic-ai/sdk 1', Anthropic: Anthropic1 },
];
export const GENAIS = [
  { name: '@google/genai 2', GoogleGenAI: GoogleGenAI2 },
  { name: '@google/genai 3', GoogleGenAI: GoogleGenAI3 },
];

const PRICES = { '*': { input: '1.00', output: '2.00' } };
/** What 12 tokens in and 5 out cost at those. */
export const COST = '0.000022';

export class DialectProvider extends FakeProvider {
  constructor() {
    super();
    /** Takes a request's place in the ordinary answers when it gives something truthy. */
    this.special = () => false;
    this.scripts = { get: () => (request, response) => this.#answer(request, response) };
  }

  get origin() { return `http://127.0.0.1:${this.port}`; }
  get last() { return this.requests.at(-1); }

  /** Answers the calls in another way than usual while `work` runs. */
  async instead(special, work) {
    this.special = special;
    try {
      return await work();
    } finally {
      this.special = () => false;
    }
  }

  #answer(request, response) {
    if (!carriesKey(request.headers)) return sendJson(response, 401, { error: { message: 'no provider key' } });
    if (this.special(request, response)) return undefined;
    const stream = streamFor(request);
    if (stream) {
      response.writeHead(200, { 'content-type': stream.type, ...REQUEST_IDS });
      for (const event of stream.events()) response.write(event);
      return response.end();
    }
    const answer = answerFor(request);
    return answer ? sendJson(response, 200, answer, REQUEST_IDS) : sendJson(response, 404, { error: { message: `no fake answer for ${request.url}` } });
  }
}

export const REQUEST_IDS = { 'request-id': 'req_e2e_anthropic', 'x-amzn-requestid': 'e2e-amzn' };
const carriesKey = ({ authorization, 'x-api-key': x, 'api-key': api, 'x-goog-api-key': goog }) =>
  [authorization, x, api, goog].some((value) => value?.includes(PROVIDER_KEY));

export function dialectProviders({ origin }, more = {}) {
  const entry = (kind, base, models, extra = {}) => ({ kind, base_url: origin + base, api_key: PROVIDER_KEY, models, prices: PRICES, ...extra, ...more[kind] });
  return {
    openai: entry('openai', '/v1', ['gpt-*', 'o4-*', 'dall-e-*', 'whisper-*', 'tts-*', 'text-embedding-*', 'omni-*']),
    anthropic: entry('anthropic', '', ['claude-*'], { prices: { ...PRICES, 'claude-a': PRICES['*'], 'claude-b': PRICES['*'], 'claude-c': PRICES['*'] } }),
    gemini: entry('gemini', '', ['gemini-*']),
    bedrock: entry('bedrock', '', ['anthropic.*', 'amazon.*'], { region: 'us-east-1' }),
    cohere: entry('cohere', '', ['command*', 'embed-*', 'rerank-*']),
    azure: entry('azure', '', ['az-*'], { api_version: '2024-10-21', deployments: { 'az-gpt-4o': 'my-gpt4o' } }),
  };
}

export async function startDialects({ more, keys, config = {} } = {}) {
  const provider = await new DialectProvider().start();
  const pulse = await Pulse.start({ keys, config: { ...config, providers: dialectProviders(provider, more) } });
  return { provider, pulse };
}

export const HI = [{ role: 'user', content: 'hi' }];

/** The row of a call that the provider answered with 12 tokens in and 5 out. */
export async function assertBilled(pulse, id, { dialect, stream = false, input = 12, output = 5 }) {
  const row = await pulse.record(id);
  assert.equal(row.dialect, dialect);
  assert.equal(row.stream, stream);
  assert.equal(row.outcome, 'answered');
  assert.equal(row.usage_source, 'provider');
  assert.deepEqual([row.billable.input_uncached, row.billable.output_total], [input, output]);
  if (input === 12 && output === 5) assert.ok(sameMoney(row.cost, COST), row.cost);
  return row;
}

/** The ids of the answers that a client gets, read from under it. */
export function watched(fetchImpl = fetch) {
  const answers = [];
  const watch = async (url, options = {}) => {
    // openai 4 sends forms as Node's streams, which Node's own fetch takes with this only.
    const answer = await fetchImpl(url, typeof options.body?.pipe === 'function' ? { ...options, duplex: 'half' } : options);
    const id = answer.headers.get('x-pulse-request-id');
    if (id) answers.push({ id, status: answer.status, request: [url, options] }); // openai tries its fetch on a `data:` URL first
    return answer;
  };
  return { answers, fetch: watch };
}

export const bedrockClient = (pulse, { key = KEY, ...more } = {}) => new BedrockRuntimeClient({
  region: 'us-east-1', endpoint: pulse.origin, requestHandler: new NodeHttpHandler(), maxAttempts: 1,
  token: { token: key }, authSchemePreference: ['httpBearerAuth'], ...more,
});
export const cohereClient = (pulse) => new CohereClientV2({ token: KEY, environment: pulse.origin });
