// A real redis-server of a test's own, on loopback, in a folder of its own.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { freePorts, until } from './pulse_process.mjs';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
/** Why there is no server to test with; undefined where there is. */
export const WITHOUT_REDIS = isInstalled ? undefined : 'Redis is not installed (package redis-server)';

const running = new Set();
process.on('exit', () => { for (const server of running) server.child.kill('SIGKILL'); });

export class RedisServer {
  /** `words` go to redis-server's command line, `entry` to redis-cli's, where the server asks for more than an address. */
  static async start({ words = [], entry = [] } = {}) {
    const isTls = words.includes('--tls-cert-file');
    return RedisServer.startWithFile((server) => ['--bind', '127.0.0.1', ...(isTls ? ['--port', 0, '--tls-port'] : ['--port']), server.port,
      '--save', '', '--appendonly', 'no', '--dir', server.folder, ...words], entry);
  }

  /** `wordsOf(server)` may put a file into the server's folder, and gives redis-server's whole command line. */
  static async startWithFile(wordsOf, entry = []) {
    const server = new RedisServer();
    server.folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-redis-'));
    [server.port] = await freePorts(1);
    server.words = wordsOf(server).map(String);
    server.entry = entry;
    await server.launch();
    return server;
  }

  get url() { return `redis://127.0.0.1:${this.port}`; }
  get address() { return `127.0.0.1:${this.port}`; }
  get isAlive() { return this.child.exitCode === null && this.child.signalCode === null; }

  /** Empty: nothing is kept between two lives. */
  async launch() {
    this.child = spawn('redis-server', this.words, { stdio: 'ignore' });
    this.child.unref(); // a test that failed before it could stop it ends all the same
    this.exited = once(this.child, 'exit');
    running.add(this);
    await until('redis-server answers', async () => (await this.ask('PING').catch(() => '')) === 'PONG');
  }

  freeze() { this.child.kill('SIGSTOP'); }
  thaw() { this.child.kill('SIGCONT'); }
  async kill() {
    this.child.ref();
    this.child.kill('SIGKILL');
    await this.exited;
    running.delete(this);
  }

  async stop() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a command answers, as redis-cli prints it. */
  async ask(...words) { return redisCli('-p', String(this.port), ...this.entry, ...words); }
}

export async function redisCli(...words) {
  const { stdout } = await promisify(execFile)('redis-cli', words, { timeout: 60_000 });
  return stdout.trim();
}
