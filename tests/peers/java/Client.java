import co.elastic.clients.elasticsearch.ElasticsearchClient;
import co.elastic.clients.elasticsearch._helpers.bulk.BulkIngester;
import co.elastic.clients.elasticsearch._helpers.bulk.BulkListener;
import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch._types.FieldValue;
import co.elastic.clients.elasticsearch._types.SortOrder;
import co.elastic.clients.elasticsearch.core.BulkRequest;
import co.elastic.clients.elasticsearch.core.BulkResponse;
import co.elastic.clients.transport.TransportUtils;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Works with an unmodified Java client, TLS verified against the made CA. Arguments: URL CA READER PASSWORD WRITER PASSWORD; prints one JSON object. */
public class Client {
    static ElasticsearchClient connect(String url, File ca, String user, String password) throws Exception {
        var tls = TransportUtils.sslContextFromHttpCaCrt(ca);
        return ElasticsearchClient.of(b -> b.host(url).usernameAndPassword(user, password).sslContext(tls));
    }

    /** Counts what a bulk helper was told of each document. */
    static class Count implements BulkListener<Void> {
        final ConcurrentLinkedQueue<String> refused = new ConcurrentLinkedQueue<>();
        final java.util.concurrent.atomic.AtomicInteger created = new java.util.concurrent.atomic.AtomicInteger();

        public void beforeBulk(long id, BulkRequest request, List<Void> contexts) {}

        public void afterBulk(long id, BulkRequest request, List<Void> contexts, BulkResponse response) {
            for (var item : response.items())
                if (item.error() != null) refused.add(item.error().type());
                else created.incrementAndGet();
        }

        public void afterBulk(long id, BulkRequest request, List<Void> contexts, Throwable failure) { failure.printStackTrace(); }
    }

    static void push(Map<String, Object> out, ElasticsearchClient client) {
        var count = new Count();
        try (var ingester = BulkIngester.<Void>of(b -> b.client(client).maxOperations(500).maxConcurrentRequests(3).listener(count))) {
            for (int n = 0; n < 3000; n++) {
                var id = "java-" + n;
                var document = Map.of("at", 1767323045678L + n * 1000L, "device_id", "d" + n % 50, "latency_ms", n,
                                      "model", n == 7 ? "x@example.org" : "cam-" + n % 3);
                ingester.add(o -> o.index(i -> i.index("app-events").id(id).document(document)));
            }
        }
        out.put("created", count.created.get());
        out.put("refused", count.refused.toArray());
    }

    /** Walks all rows in pages of 700 and counts the ids it has not seen before. */
    static int pages(ElasticsearchClient client) throws Exception {
        var seen = new HashSet<String>();
        List<FieldValue> after = List.of();
        for (;;) {
            var from = after;
            var hits = client.search(s -> {
                s.index("app-events").size(700).source(f -> f.fetch(false)).sort(o -> o.field(f -> f.field("latency_ms").order(SortOrder.Asc)));
                return from.isEmpty() ? s : s.searchAfter(from);
            }, Map.class).hits().hits();
            if (hits.isEmpty()) return seen.size();
            hits.forEach(h -> seen.add(h.id()));
            after = hits.get(hits.size() - 1).sort();
        }
    }

    static void read(Map<String, Object> out, ElasticsearchClient client) throws Exception {
        out.put("info", client.info().tagline());
        out.put("count", client.count(c -> c.index("app-events")).count());
        var reply = client.search(s -> s.index("app-events").size(0).query(q -> q.term(t -> t.field("model").value("cam-1")))
            .aggregations("model", a -> a.terms(t -> t.field("model")))
            .aggregations("slow", a -> a.avg(v -> v.field("latency_ms"))), Void.class);
        out.put("total", reply.hits().total().value());
        var bucket = reply.aggregations().get("model").sterms().buckets().array().get(0);
        out.put("model", List.of(bucket.key().stringValue(), bucket.docCount()));
        out.put("slow", reply.aggregations().get("slow").avg().value());
        out.put("pages", pages(client));
        out.put("source", client.get(g -> g.index("app-events").id("java-1"), Map.class).source());
        try {
            client.search(s -> s.index("nothing-here"), Void.class);
        } catch (ElasticsearchException e) {
            out.put("error", List.of(e.status(), e.error().type()));
        }
    }

    public static void main(String[] a) throws Exception {
        var out = new TreeMap<String, Object>();
        var ca = new File(a[1]);
        try (var writer = connect(a[0], ca, a[4], a[5]); var reader = connect(a[0], ca, a[2], a[3])) {
            push(out, writer);
            read(out, reader);
        }
        System.out.println(new ObjectMapper().writeValueAsString(out));
    }
}
