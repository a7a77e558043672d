// Three gateways on a Redis Cluster whose master dies under load.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { countersOf, failOver, startFailover } from './failover_scenario.mjs';
import { WITHOUT_POSTGRES } from './postgres_server.mjs';
import { WITHOUT_REDIS } from './redis_server.mjs';
import { RedisCluster } from './redis_sets.mjs';

describe('a Redis Cluster whose master is killed', { skip: WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? false }, () => {
  let cluster;
  let gateways;
  const orgs = [];
  const masters = new Map();

  before(async () => {
    cluster = await RedisCluster.start();
    // Two organisations on each master.
    for (let i = 0; orgs.length < 6; ++i) {
      const org = `org-${i.toString(36).padStart(3, 'x')}`;
      const master = await cluster.masterOf(countersOf(org));
      const there = masters.get(master) ?? [];
      if (there.length === 2) continue;
      masters.set(master, [...there, org]);
      orgs.push(org);
    }
    gateways = await startFailover(cluster, orgs);
  });
  after(async () => {
    await gateways?.stop();
    await cluster?.stop();
  });

  it('fails over: its organisations wait, the others do not notice, no budget is passed', async (test) => {
    assert.equal(masters.size, 3);
    const [victims] = masters.values();
    await failOver(test, gateways, cluster, { orgs, victims, spared: true });
  });
});
