// node -e SCRIPT KEEPALIVE_MS ADDRESS...: answers each request after the milliseconds that its query asks for.
const http = require('node:http');
const [keepAlive, ...addresses] = process.argv.slice(1);
for (const address of addresses) {
  const [host, port] = address.split(':');
  const server = http.createServer((request, response) => {
    const wait = Number(new URL(request.url, 'http://rig').searchParams.get('ms'));
    setTimeout(() => response.end('ok\n'), wait);
  });
  server.keepAliveTimeout = Number(keepAlive);
  server.listen({ host, port: Number(port), backlog: 1024 });
}
