// A real redis-server of a test's own, on loopback, in a folder of its own.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { freePorts, until } from './pulse_process.mjs';

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
/** Why there is no server to test with; undefined where there is. */
export const WITHOUT_REDIS = isInstalled ? undefined : 'Redis is not installed (package redis-server)';

const running = new Set();
process.on('exit', () => { for (const server of running) server.child.kill('SIGKILL'); });

export class RedisServer {
  static async start() {
    const server = new RedisServer();
    server.folder = mkdtempSync(path.join(os.tmpdir(), 'pulse-redis-'));
    [server.port] = await freePorts(1);
    await server.launch();
    running.add(server);
    return server;
  }

  get url() { return `redis://127.0.0.1:${this.port}`; }

  /** Empty: nothing is kept between two lives. */
  async launch() {
    this.child = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(this.port), '--save', '', '--appendonly', 'no',
      '--dir', this.folder], { stdio: 'ignore' });
    this.exited = once(this.child, 'exit');
    await until('redis-server answers', async () => await this.command('PING').catch(() => '') === 'PONG');
  }

  freeze() { this.child.kill('SIGSTOP'); }
  thaw() { this.child.kill('SIGCONT'); }
  async kill() {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async stop() {
    running.delete(this);
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The first line of what an inline command answers, without its type. */
  command(line) {
    return new Promise((done, failed) => {
      const socket = net.connect({ port: this.port, host: '127.0.0.1' }, () => socket.write(`${line}\r\n`));
      socket.setTimeout(2000, () => socket.destroy(new Error('no answer')));
      socket.once('error', failed);
      socket.once('data', (data) => {
        socket.destroy();
        done(String(data).split('\r\n')[0].slice(1));
      });
    });
  }
}
