// A Redis Cluster and a Sentinel set of a test's own, on loopback, that fail over within a few seconds of a master's death.
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { freePorts, until } from './pulse_process.mjs';
import { redisCli, RedisServer } from './redis_server.mjs';

const DOWN_AFTER_MS = 1000;

/** Three masters with a replica each. Where a master is gone, the others go on. */
export class RedisCluster {
  static async start() {
    const cluster = new RedisCluster();
    cluster.servers = await Promise.all((await freePorts(6)).map((bus) => RedisServer.start({
      words: ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', DOWN_AFTER_MS, '--cluster-require-full-coverage', 'no'],
    })));
    await redisCli('--cluster', 'create', ...cluster.servers.map((server) => server.address), '--cluster-replicas', '1', '--cluster-yes');
    for (const server of cluster.servers) {
      await until('the cluster is whole', async () => /cluster_state:ok[^]*cluster_known_nodes:6/.test(await server.ask('CLUSTER', 'INFO')));
    }
    // A replica that has not copied its master yet may not take its place.
    const replicas = (await cluster.#nodes()).filter((node) => node.isReplica).map((node) => node.server);
    for (const server of replicas) {
      await until('a replica has its copy', async () => (await server.ask('INFO', 'replication')).includes('master_link_status:up'));
    }
    return cluster;
  }

  get url() { return `redis+cluster://${this.servers.map((server) => server.address).join(',')}`; }

  /** The server that has the slot of `key` now; undefined while nobody has. */
  async masterOf(key) {
    const slot = Number(await this.#alive.ask('CLUSTER', 'KEYSLOT', key));
    return (await this.#nodes()).find((node) => !node.isReplica && node.server.isAlive &&
      node.slots.some(([first, last]) => first <= slot && slot <= last))?.server;
  }
  async replicasOf(server) {
    const nodes = await this.#nodes();
    const { id } = nodes.find((node) => node.server === server);
    return nodes.filter((node) => node.master === id).map((node) => node.server);
  }

  async stop() { await Promise.all(this.servers.map((server) => server.stop())); }

  get #alive() { return this.servers.find((server) => server.isAlive); }
  async #nodes() {
    return (await this.#alive.ask('CLUSTER', 'NODES')).split('\n').map((line) => {
      const [id, address, flags, master, , , , , ...ranges] = line.split(' ');
      return {
        id, master, isReplica: flags.includes('slave'),
        server: this.servers.find((server) => server.address === address.split('@')[0]),
        slots: ranges.map((range) => range.split('-').map(Number)).map(([first, last = first]) => [first, last]),
      };
    });
  }
}

/** A master with two replicas, watched by three sentinels. */
export class SentinelSet {
  static NAME = 'pulse-limits';

  static async start() {
    const set = new SentinelSet();
    const master = await RedisServer.start();
    const replica = () => RedisServer.start({ words: ['--replicaof', '127.0.0.1', master.port] });
    set.servers = [master, ...await Promise.all([replica(), replica()])];
    for (const server of set.servers.slice(1)) {
      await until('a replica has its copy', async () => (await server.ask('INFO', 'replication')).includes('master_link_status:up'));
    }
    set.sentinels = await Promise.all(Array.from({ length: 3 }, () => startSentinel(master.port)));
    for (const sentinel of set.sentinels) {
      await until('the sentinels know each other', async () => {
        const words = (await sentinel.ask('SENTINEL', 'MASTER', SentinelSet.NAME)).split('\n');
        const valueOf = (name) => words[words.indexOf(name) + 1];
        return valueOf('num-other-sentinels') === '2' && valueOf('num-slaves') === '2';
      });
    }
    return set;
  }

  get url() { return `redis+sentinel://${this.sentinels.map((server) => server.address).join(',')}/${SentinelSet.NAME}`; }

  async masterOf() {
    const [, port] = (await this.sentinels[0].ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', SentinelSet.NAME)).split('\n');
    const master = this.servers.find((server) => String(server.port) === port);
    return master.isAlive && (await master.ask('ROLE')).startsWith('master') ? master : undefined;
  }
  async replicasOf(server) { return this.servers.filter((one) => one !== server && one.isAlive); }

  async stop() { await Promise.all([...this.sentinels, ...this.servers].map((server) => server.stop())); }
}

/** A sentinel rewrites the file of its configuration. */
function startSentinel(masterPort) {
  return RedisServer.startWithFile((server) => {
    const file = path.join(server.folder, 'sentinel.conf');
    writeFileSync(file, [`port ${server.port}`, 'bind 127.0.0.1', `dir ${server.folder}`,
      `sentinel monitor ${SentinelSet.NAME} 127.0.0.1 ${masterPort} 2`,
      `sentinel down-after-milliseconds ${SentinelSet.NAME} ${DOWN_AFTER_MS}`, `sentinel failover-timeout ${SentinelSet.NAME} 5000`, ''].join('\n'));
    return [file, '--sentinel'];
  });
}
