// Three gateways on a Sentinel set whose master dies under load.
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { failOver, startFailover } from './failover_scenario.mjs';
import { WITHOUT_POSTGRES } from './postgres_server.mjs';
import { WITHOUT_REDIS } from './redis_server.mjs';
import { SentinelSet } from './redis_sets.mjs';

describe('a Sentinel set whose master is killed', { skip: WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? false }, () => {
  const orgs = ['org-a', 'org-b', 'org-c'];
  const later = ['org-d', 'org-e'];
  let set;
  let gateways;

  before(async () => {
    set = await SentinelSet.start();
    gateways = await startFailover(set, [...orgs, ...later]);
  });
  after(async () => {
    await gateways?.stop();
    await set?.stop();
  });

  it('fails over: callers wait for the new master, no budget is passed', async (test) => {
    await failOver(test, gateways, set, { orgs, victims: orgs });
  });

  it('fails over and loses acknowledged writes: no budget is passed', async (test) => {
    const frozen = [];
    const lose = async (master) => {
      frozen.push(...await set.replicasOf(master));
      for (const replica of frozen) replica.freeze();
      // Else a frozen one would find in its socket what it has missed.
      await master.ask('CLIENT', 'KILL', 'TYPE', 'replica');
      await pause(500);
    };
    const thaw = () => frozen.forEach((replica) => replica.thaw());
    await failOver(test, gateways, set, { orgs: later, victims: later, beforeKill: lose, afterKill: thaw });
  });
});
