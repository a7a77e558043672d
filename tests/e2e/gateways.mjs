// Several gateways on one PostgreSQL and one policy store, in front of a provider that bills what the caller allows.
import { completion, FakeProvider, sendJson } from './fake_provider.mjs';
import { keyNamed, providerAt, Pulse, until } from './pulse_process.mjs';
import { PostgresServer } from './postgres_server.mjs';

export const MODEL = 'test-greedy';
const PICO = 1_000_000_000_000n;

/** Money in 10^-12 USD. */
export const picoOf = (text) => {
  const [whole, fraction = ''] = String(text).split('.');
  return BigInt(whole) * PICO + BigInt(fraction.slice(0, 12).padEnd(12, '0'));
};

export class Gateways {
  /** `keys` are {name: {policy, org, team, …}}, as in bootstrap.keys; `config` goes above that of each gateway. */
  static async start({ count = 3, store, keys = {}, config = {}, provider }) {
    const all = new Gateways();
    all.isOwnProvider = provider === undefined;
    all.provider = provider ?? await new FakeProvider().start();
    if (all.isOwnProvider) {
      all.provider.on(MODEL, (request, response) => {
        const used = request.json.max_tokens;
        sendJson(response, 200, completion(MODEL, 'x', { prompt_tokens: 9, completion_tokens: used, total_tokens: used + 9 }));
      });
    }
    all.postgres = await PostgresServer.start();
    const start = (keysOfFile) => Pulse.start({
      config: {
        providers: { fake: providerAt(all.provider) },
        store: { url: all.postgres.url },
        policy: { store },
        ...config,
        gateway: { threads: 1, ...config.gateway },
        bootstrap: keysOfFile,
      },
    });
    const bootstrap = { keys: Object.entries(keys).map(([label, fields]) => ({ label, key: keyNamed(label), ...fields })), ...config.bootstrap };
    // The first makes the tables and the keys.
    all.list = [await start(bootstrap)];
    all.list.push(...await Promise.all(Array.from({ length: count - 1 }, () => start({ keys: [] }))));
    return all;
  }

  async stop() {
    await Promise.all(this.list.map((gateway) => gateway.stop()));
    await this.postgres.stop();
    if (this.isOwnProvider) await this.provider.stop();
  }

  /** A call of the key with that name; resolves when its body is there. */
  async call(gateway, name, body = {}, options = {}) {
    const answer = await gateway.chat({ model: MODEL, max_tokens: 1000, ...body }, { key: keyNamed(name), ...options });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  /** What GET /v1/pulse/key says of the key's first budget; undefined while it cannot say. */
  async budgetOf(gateway, name) {
    const answer = await fetch(`${gateway.origin}/v1/pulse/key`, { headers: { authorization: `Bearer ${keyNamed(name)}` } });
    const text = await answer.text();
    return answer.status === 200 ? JSON.parse(text).budgets[0] : undefined;
  }

  /** What the ledger has of the key, in 10^-12 USD. */
  ledgerSum(name) {
    return picoOf(this.postgres.ask(
      `SELECT COALESCE(SUM(l.cost), 0)::text FROM ai_request_log l JOIN ai_gateway_key k ON k.id = l.key_id WHERE k.label = '${name}'`)[0]);
  }

  /** Until all rows are in the ledger. */
  async written() {
    for (const gateway of this.list) {
      await until('all rows are written', async () => await gateway.metric('pulse_spool_records') === 0, 60);
    }
  }
}
