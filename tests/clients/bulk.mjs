// Pushes documents with the bulk helper of an unmodified client, and takes some of them back.
// Usage: node bulk.mjs URL CA USER PASSWORD; prints one JSON line.
import fs from 'node:fs';
import { Client } from '@elastic/elasticsearch';

const [node, caFile, username, password] = process.argv.slice(2);
const client = new Client({
  node, auth: { username, password }, tls: { ca: fs.readFileSync(caFile), rejectUnauthorized: true }, compression: true,
});
async function* documents() {
  for (let n = 0; n < 3000; n++)
    yield { id: `js-${n}`, at: new Date(1767323045678 + n * 1000), device_id: `d${n % 50}`, model: n === 7 ? 'x@example.org' : `cam-${n % 3}`, latency_ms: n };
}
const dropped = [];
const done = await client.helpers.bulk({
  datasource: documents(),
  flushBytes: 50000,
  concurrency: 3,
  onDocument: (d) => { const { id, ...document } = d; return [{ index: { _index: 'app-events', _id: id } }, document]; },
  onDrop: (d) => dropped.push(d.error.type),
});
const updated = await client.update({ index: 'app-events', id: 'js-1', doc: { model: 'cam-9' } });
const removed = await client.delete({ index: 'app-events', id: 'js-2' });
const left = await client.get({ index: 'app-events', id: 'js-1' });
console.log(JSON.stringify({
  successful: done.successful, failed: done.failed, dropped, updated: updated.result, removed: removed.result, source: left._source,
  gone: await client.exists({ index: 'app-events', id: 'js-2' }),
}));
