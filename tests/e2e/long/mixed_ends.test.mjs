// Ten thousand calls that end in every way, over three gateways that are killed and started again.   PULSE_MIXED_CALLS: 10000
import { after, before, describe, it } from 'node:test';

import { Gateways } from '../gateways.mjs';
import { KEYS, mixedEnds, scriptProvider } from '../mixed_ends.mjs';
import { WITHOUT_POSTGRES } from '../postgres_server.mjs';
import { RedisServer, WITHOUT_REDIS } from '../redis_server.mjs';

const TOTAL = Number(process.env.PULSE_MIXED_CALLS ?? 10_000);
const LEASE_SECONDS = 30;

describe(`${TOTAL} mixed ends over three gateways`, { skip: WITHOUT_POSTGRES ?? WITHOUT_REDIS ?? false }, () => {
  let redis;
  let gateways;

  before(async () => {
    redis = await RedisServer.start();
    gateways = await Gateways.start({ store: redis.url, keys: KEYS });
    scriptProvider(gateways.provider);
  });
  after(async () => {
    await gateways?.stop();
    await redis?.stop();
  });

  it('counter minus ledger is 0', (test) => mixedEnds(test, gateways, { total: TOTAL, kills: 12, awaySeconds: LEASE_SECONDS + 15 }));
});
