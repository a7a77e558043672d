// Three gateways and several organisations, calls all the time, and the master of a policy store is killed: what callers see of it,
// and what their budgets say afterwards. The same for a cluster and for a Sentinel set.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

import { Gateways, picoOf } from './gateways.mjs';
import { SLOWNESS, until } from './pulse_process.mjs';

const COST = 2_009_000_000n; // 1000 tokens out at 2 USD a million and 9 in at 1, in 10^-12 USD
const LIMIT = '0.4';
const CALLS_OF_BUDGET = 199;
const REFUSALS_AT_THE_END = 12;

export const countersOf = (org) => `pulse:{${org}}:counters`;
const tightOf = (org) => `tight-${org}`;
const roomyOf = (org) => `roomy-${org}`;

export async function startFailover(set, orgs) {
  const keys = {};
  for (const org of orgs) {
    keys[roomyOf(org)] = { org, policy: { requests_per_minute: 10_000_000, budgets: [{ period: 'month', limit: '100000' }] } };
    keys[tightOf(org)] = { org, policy: { clamp: false, budgets: [{ period: 'total', limit: LIMIT }] } };
  }
  return Gateways.start({ store: set.url, keys });
}

/** Calls all the time, each noted with what came of it. */
class Load {
  constructor(gateways, orgs) { Object.assign(this, { gateways, orgs, calls: [], isOver: false, at: 0 }); }

  async one(name, org, body) {
    const gateway = this.gateways.list[this.at++ % this.gateways.list.length];
    const begun = performance.now();
    const answer = await this.gateways.call(gateway, name, body);
    const code = answer.status === 200 ? '' : JSON.parse(answer.text).error.code;
    const call = { name, org, begun, ended: performance.now(), status: answer.status, code, retryAfter: answer.headers.get('retry-after') };
    this.calls.push(call);
    return call;
  }

  start() {
    const roomy = Array.from({ length: 6 }, async (_, i) => {
      for (let n = i; !this.isOver; ++n) {
        await this.one(roomyOf(this.orgs[n % this.orgs.length]), this.orgs[n % this.orgs.length], { max_tokens: 1 });
        await pause(5);
      }
    });
    // Each budget is spent in about five seconds; then it refuses.
    const tight = this.orgs.flatMap((org) => [0, 1].map(async () => {
      for (let refused = 0; refused < REFUSALS_AT_THE_END && !this.isGivenUp;) {
        const { code } = await this.one(tightOf(org), org, {});
        refused = code === 'insufficient_quota' ? refused + 1 : 0;
        await pause(code === 'insufficient_quota' ? 250 : 40);
      }
    }));
    this.roomy = Promise.all(roomy);
    this.tight = Promise.all(tight);
  }
  of(name) { return this.calls.filter((call) => call.name === name); }
  answered(name) { return this.of(name).filter((call) => call.status === 200).length; }
  async stop() {
    this.isGivenUp = true;
    this.isOver = true;
    await Promise.all([this.roomy, this.tight]);
  }
}

/**
 * `victims` are organisations whose counters the killed server has; `spared` says that the others are not touched at all.
 * `beforeKill` and `afterKill` may make the loss worse.
 */
export async function failOver(test, gateways, set, { orgs, victims, spared = false, beforeKill = async () => {}, afterKill = () => {} }) {
  const load = new Load(gateways, orgs);
  load.start();
  try {
    const [victim] = victims;
    await until('its budget is half spent', () => load.answered(tightOf(victim)) >= CALLS_OF_BUDGET / 2, 60);
    const master = await set.masterOf(countersOf(victim));
    await beforeKill(master);
    const killed = performance.now();
    await master.kill();
    await afterKill();
    await until('a replica is master', async () => {
      const now = await set.masterOf(countersOf(victim)).catch(() => undefined);
      return now && now !== master;
    }, 60);
    const promoted = performance.now();
    const served = (org) => load.of(roomyOf(org)).find((call) => call.begun > killed && call.status === 200 && call.begun >= promoted);
    for (const org of victims) await until(`${org} is served again`, () => served(org), 30);
    await pause(2000 * SLOWNESS);
    await Promise.race([load.tight, pause(60_000 * SLOWNESS, undefined, { ref: false })]);
    await load.stop();

    const after = load.calls.filter((call) => call.ended > killed);
    const failed = load.calls.filter((call) => call.status !== 200 && call.code !== 'insufficient_quota');
    const lastRefusal = Math.max(promoted, ...failed.map((call) => call.ended));
    test.diagnostic(`${load.calls.length} calls, ${after.length} since the kill; a replica was master after ${(promoted - killed).toFixed(0)} ms, ` +
      `the last 503 came ${(lastRefusal - promoted).toFixed(0)} ms later; ${failed.length} x 503, ` +
      `of spared organisations ${failed.filter((call) => !victims.includes(call.org)).length}; ` +
      `slowest 503 ${Math.max(0, ...failed.map((call) => call.ended - call.begun)).toFixed(0)} ms`);

    assert.deepEqual(failed.filter((call) => call.status !== 503 || call.code !== 'policy_unavailable').slice(0, 3), []);
    assert.ok(failed.every((call) => Number(call.retryAfter) >= 1), 'each 503 says when to come again');
    assert.ok(failed.some((call) => victims.includes(call.org)), 'nobody noticed that the master is gone');
    assert.deepEqual(failed.filter((call) => call.ended < killed).slice(0, 3), []);
    assert.deepEqual(load.calls.filter((call) => call.name.startsWith('roomy') && call.status === 429).slice(0, 3), []);
    if (spared) {
      // A call has 50 ms for its verdict: on a busy machine a few miss that by themselves.
      const others = load.calls.filter((call) => !victims.includes(call.org) && call.begun > killed);
      const missed = failed.filter((call) => !victims.includes(call.org));
      assert.ok(missed.length <= others.length / 50, `${missed.length} of ${others.length} calls of spared organisations were refused`);
    }
    assert.deepEqual(failed.filter((call) => call.begun > promoted + 10_000 * SLOWNESS).slice(0, 3), []);

    await gateways.written();
    for (const org of orgs) {
      const spent = gateways.ledgerSum(tightOf(org));
      const budget = await gateways.budgetOf(gateways.list[0], tightOf(org));
      test.diagnostic(`${org}${victims.includes(org) ? ' (its master was killed)' : ''}: spent ${spent} of ${picoOf(LIMIT)} * 10^-12 USD, ` +
        `the counter says ${picoOf(budget.spent)} and holds ${picoOf(budget.reserved)}`);
      assert.ok(spent <= picoOf(LIMIT), `${org} has spent ${spent}`);
      assert.ok(spent >= picoOf(LIMIT) * 8n / 10n, `${org} could spend ${spent} only`);
      assert.equal(spent, COST * BigInt(load.answered(tightOf(org))), 'what was answered is what was billed');
    }
  } finally {
    await load.stop();
  }
}
