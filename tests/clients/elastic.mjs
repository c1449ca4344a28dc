// Runs searches and aggregations with an unmodified client, TLS verified against the made CA.
// Usage: node elastic.mjs elastic|opensearch URL CA USER PASSWORD; prints one JSON line.
import fs from 'node:fs';

const [which, node, caFile, username, password] = process.argv.slice(2);
const ca = fs.readFileSync(caFile);
const { Client } = await import(which === 'elastic' ? '@elastic/elasticsearch' : '@opensearch-project/opensearch');
const client = new Client({
  node, auth: { username, password },
  ...(which === 'elastic' ? { tls: { ca, rejectUnauthorized: true } } : { ssl: { ca, rejectUnauthorized: true } }),
});
// The one client hands back the body, the other a reply that holds it.
const body = async (promise) => { const r = await promise; return r.body ?? r; };
const search = (index, request) => body(client.search(which === 'elastic' ? { index, ...request } : { index, body: request }));

const out = { info: (await body(client.info())).version.number };
out.count = (await body(client.count({ index: 'devices' }))).count;
const days = await search('devices', {
  size: 0,
  aggs: {
    day: {
      date_histogram: { field: 'activated_at', calendar_interval: 'day', min_doc_count: 1 },
      aggs: { model: { terms: { field: 'model', size: 50 } } },
    },
  },
});
out.activations = days.aggregations.day.buckets.reduce((n, d) => n + d.model.buckets.reduce((m, b) => m + b.doc_count, 0), 0);
const rate = await search('connections', {
  size: 0,
  query: { range: { at: { gte: '2019-12-15', lt: '2019-12-18' } } },
  aggs: {
    firmware: {
      terms: { field: 'device.firmware', size: 100 },
      aggs: { failed: { filter: { bool: { must_not: [{ term: { outcome: 'ok' } }] } } }, p: { percentiles: { field: 'latency_ms' } } },
    },
  },
});
out.firmwares = rate.aggregations.firmware.buckets.map((b) => [b.key, b.doc_count, b.failed.doc_count]);
const page = await search('connections', { size: 3, sort: [{ at: 'desc' }], _source: ['at', 'device.*'] });
out.hits = page.hits.hits.length;
const id = page.hits.hits[0]._id;
out.source = (await body(client.get({ index: 'connections', id })))._source.outcome;
const m = await body(client.msearch(which === 'elastic'
  ? { searches: [{ index: 'devices' }, { size: 0 }, { index: 'nothing-here' }, { size: 0 }] }
  : { body: [{ index: 'devices' }, { size: 0 }, { index: 'nothing-here' }, { size: 0 }] }));
out.msearch = m.responses.map((r) => r.status);
out.mapping = Object.keys((await body(client.indices.getMapping({ index: 'devices' }))).devices.mappings.properties);
out.caps = Object.keys((await body(client.fieldCaps({ index: 'connections', fields: '*' }))).fields);
out.health = (await body(client.cluster.health())).status;
out.exists = [await body(client.indices.exists({ index: 'devices' })), await body(client.indices.exists({ index: 'nope' }))];
// Every row by its helper, where the client has one; and by hand in a point in time.
const scrolled = new Set();
for await (const page of client.helpers.scrollSearch({ index: 'devices', ...(which === 'elastic' ? { size: 50 } : { body: { size: 50 } }) }))
  page.body.hits.hits.forEach((h) => scrolled.add(h._id));
out.scrolled = scrolled.size;
const pit = which === 'elastic'
  ? (await client.openPointInTime({ index: 'devices', keep_alive: '1m' })).id
  : (await body(client.createPit({ index: 'devices', keep_alive: '1m' }))).pit_id;
const inPit = new Set();
for (let after; ;) {
  const request = { size: 60, sort: [{ model: 'asc' }], pit: { id: pit, keep_alive: '1m' }, ...(after ? { search_after: after } : {}) };
  const { hits } = (await body(client.search(which === 'elastic' ? request : { body: request }))).hits;
  if (hits.length === 0) break;
  hits.forEach((h) => inPit.add(h._id));
  after = hits.at(-1).sort;
}
out.in_pit = inPit.size;
await (which === 'elastic' ? client.closePointInTime({ id: pit }) : client.deletePit({ body: { pit_id: [pit] } }));
try {
  await search('devices', { query: { frobnicate: {} } });
} catch (e) {
  out.error = [e.statusCode ?? e.meta?.statusCode, (e.body ?? e.meta.body).error.type];
}
console.log(JSON.stringify(out));
