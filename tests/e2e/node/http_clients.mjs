// Node's HTTP clients as they are: node http_clients.mjs CLIENT URL [HEADER: VALUE]... [FILE]
// Downloads the URL, or posts a form with the file to it, and prints the body of the answer.
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { basename } from 'node:path';

const [client, url, ...rest] = process.argv.slice(2);
const headers = {};
const paths = [];
for (const each of rest) {
  const [name, value] = each.split(': ');
  if (value === undefined) paths.push(each);
  else headers[name] = value;
}
const [path] = paths;

const form = () => {
  const made = new FormData();
  made.set('purpose', 'user_data');
  made.set('file', new Blob([readFileSync(path)]), basename(path));
  return made;
};

// Sends the form in chunks, and follows a redirect without the headers of the first request.
const plain = (address, options, body) =>
  new Promise((resolve, reject) => {
    const sent = httpRequest(address, options, (answer) => {
      if (answer.statusCode === 302) {
        answer.resume();
        return resolve(plain(answer.headers.location, {}));
      }
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve(Buffer.concat(chunks)));
    });
    sent.on('error', reject);
    for (let at = 0; body && at < body.length; at += 1000) sent.write(body.subarray(at, at + 1000));
    sent.end();
  });

const clients = {
  async fetch() {
    const options = path ? { method: 'POST', headers, body: form() } : { headers };
    return (await fetch(url, options)).arrayBuffer();
  },
  async http() {
    if (!path) return plain(url, { headers });
    const made = new Response(form());
    const body = Buffer.from(await made.arrayBuffer());
    const type = { 'Content-Type': made.headers.get('content-type') };
    return plain(url, { method: 'POST', headers: { ...headers, ...type } }, body);
  },
  async undici() {
    const { Agent, FormData: Form, interceptors, request } = await import('undici');
    const dispatcher = new Agent().compose(interceptors.redirect({ maxRedirections: 1 }));
    const made = new Form();
    for (const [name, value] of path ? form() : []) made.set(name, value);
    const options = path ? { method: 'POST', headers, body: made } : { headers };
    return (await request(url, { ...options, dispatcher })).body.arrayBuffer();
  },
  async axios() {
    const { default: axios } = await import('axios');
    const options = { headers, responseType: 'arraybuffer' };
    return (path ? await axios.post(url, form(), options) : await axios.get(url, options)).data;
  },
};

process.stdout.write(Buffer.from(await clients[client]()));
process.exitCode = 0;
