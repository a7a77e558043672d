// A request sent as it is written, and its answer as bytes: fetch would change paths, add headers and decode.
import http from 'node:http';
import { once } from 'node:events';

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

export async function rawCall(origin, { method = 'POST', target, headers = {}, bytes = Buffer.alloc(0) }) {
  const { hostname, port } = new URL(origin);
  const length = bytes.length > 0 || method === 'POST' ? { 'content-length': bytes.length } : {};
  const request = http.request({ agent, hostname, port, method, path: target, headers: { ...headers, ...length } });
  request.end(bytes);
  const [response] = await once(request, 'response');
  const parts = [];
  for await (const part of response) parts.push(part);
  return { status: response.statusCode, headers: response.headers, bytes: Buffer.concat(parts) };
}

export const closeCalls = () => agent.destroy();
