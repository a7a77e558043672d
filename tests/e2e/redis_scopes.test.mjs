// Budgets above keys, counted in Redis: the keys of a team and of an organisation share them over all gateways, and the strictest holds.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { ADMIN, Caller } from './console_client.mjs';
import { Gateways, picoOf } from './gateways.mjs';
import { until } from './pulse_process.mjs';
import { WITHOUT_POSTGRES } from './postgres_server.mjs';
import { RedisServer, WITHOUT_REDIS } from './redis_server.mjs';

const TEAMS = { search: '0.3', ads: '0.3', lab: undefined };
const ORGANISATION = '0.75';
const KEYS_OF_TEAM = 3;
// More than a call of 1000 tokens out holds (0.003109); it costs 0.002009.
const CALL = picoOf('0.0032');

describe('budgets above keys over three gateways', { skip: WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? false }, () => {
  let redis;
  let gateways;
  const keys = Object.keys(TEAMS).flatMap((team) => Array.from({ length: KEYS_OF_TEAM }, (_, i) => ({ team, name: `${team}${i}` })));

  before(async () => {
    redis = await RedisServer.start();
    gateways = await Gateways.start({
      store: redis.url,
      config: { bootstrap: { admin: ADMIN } },
      keys: Object.fromEntries(keys.map(({ team, name }) => [name, { team, policy: { clamp: false } }])),
    });
  });
  after(async () => {
    await gateways?.stop();
    await redis?.stop();
  });

  /** Calls of one key from all gateways until it is refused many times in a row; the scopes that refused it. */
  async function spend({ name }, refusals) {
    let answered = 0;
    let at = keys.findIndex((key) => key.name === name);
    const one = async () => {
      for (let inRow = 0; inRow < 8;) {
        const { status, text } = await gateways.call(gateways.list[at++ % gateways.list.length], name);
        if (status === 200) {
          ++answered;
          inRow = 0;
        } else {
          assert.equal(status, 429, text);
          const { code, message } = JSON.parse(text).error;
          assert.equal(code, 'insufficient_quota');
          refusals.push({ name, message });
          ++inRow;
          await pause(100); // calls that hold more than they cost end meanwhile
        }
      }
    };
    await Promise.all(Array.from({ length: 4 }, one));
    return answered;
  }

  it('each is spent to the last call that fits, and none is passed', async (test) => {
    const admin = await new Caller(`http://127.0.0.1:${gateways.list[0].consolePort}`).program(ADMIN);
    const limits = [...Object.entries(TEAMS).filter(([, limit]) => limit).map(([team, limit]) => ({ scope: 'team', scope_id: team, limit })),
      { scope: 'organisation', limit: ORGANISATION }];
    for (const fields of limits) {
      const answer = await admin.post('/api/budgets', { name: `of ${fields.scope_id ?? 'all'}`, period: 'total', ...fields });
      assert.equal(answer.status, 201, answer.text);
    }
    for (const gateway of gateways.list) {
      for (const { team, name } of keys) {
        await until('its budgets are known', async () => {
          const answer = await fetch(`${gateway.origin}/v1/pulse/key`, { headers: { authorization: `Bearer sk-pulse-${name.padEnd(40, '0')}` } });
          const text = await answer.text();
          return answer.status === 200 && JSON.parse(text).budgets.length === (TEAMS[team] ? 2 : 1);
        });
      }
    }

    const refusals = [];
    // The lab has no budget of its own: it begins when both teams have spent theirs.
    await Promise.all(keys.filter(({ team }) => TEAMS[team]).map((key) => spend(key, refusals)));
    const ofTeams = refusals.splice(0);
    await Promise.all(keys.filter(({ team }) => !TEAMS[team]).map((key) => spend(key, refusals)));
    await gateways.written();

    const spent = (where) => picoOf(gateways.postgres.ask(`SELECT COALESCE(SUM(cost), 0)::text FROM ai_request_log WHERE ${where}`)[0]);
    const standing = Object.fromEntries((await admin.get('/api/budgets')).body.budgets.map((budget) => [budget.scope_id || 'all', picoOf(budget.spent)]));
    const sums = { search: spent("team = 'search'"), ads: spent("team = 'ads'"), all: spent('true') };
    for (const [name, limit] of [['search', TEAMS.search], ['ads', TEAMS.ads], ['all', ORGANISATION]]) {
      test.diagnostic(`${name}: spent ${sums[name]} of ${picoOf(limit)} * 10^-12 USD`);
      assert.ok(sums[name] <= picoOf(limit), `${name} has spent ${sums[name]}`);
      assert.ok(picoOf(limit) - sums[name] < CALL, `${name} could spend ${sums[name]} only`);
      assert.equal(standing[name], sums[name]);
    }
    for (const { name, message } of ofTeams) assert.match(message, new RegExp(`team.*${name.slice(0, -1)}`), message);
    for (const { message } of refusals) assert.match(message, /organi[sz]ation/, message);
  });

  it('a budget that is added to a team in use begins with what the team has spent', async () => {
    const admin = await new Caller(`http://127.0.0.1:${gateways.list[0].consolePort}`).program(ADMIN);
    const spent = picoOf(gateways.postgres.ask("SELECT COALESCE(SUM(cost), 0)::text FROM ai_request_log WHERE team = 'lab'")[0]);
    assert.ok(spent > 0n, 'the lab has spent something');

    const answer = await admin.post('/api/budgets', { name: 'of lab', scope: 'team', scope_id: 'lab', period: 'month', limit: '100' });
    assert.equal(answer.status, 201, answer.text);

    for (const gateway of gateways.list) {
      await until('the gateway counts it', async () => {
        const reply = await fetch(`${gateway.origin}/v1/pulse/key`, { headers: { authorization: `Bearer sk-pulse-${'lab0'.padEnd(40, '0')}` } });
        const { budgets = [] } = JSON.parse(await reply.text());
        const team = budgets.find(({ scope }) => scope === 'team');
        return team !== undefined && picoOf(team.spent) === spent;
      });
    }
  });
});
