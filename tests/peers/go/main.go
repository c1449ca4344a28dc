// Works with an unmodified go-elasticsearch, TLS verified against the made CA.  Built with the
// tag v8 or v9.  Usage: client URL CA READER PASSWORD WRITER PASSWORD; prints one JSON object.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"sync"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// push gives 3,000 documents to the bulk helper, one of which the sieve must refuse.
func push(out map[string]any, node, user, password string, ca []byte) {
	client := must(plain(configuration(node, user, password, ca)))
	indexer := must(bulk(client, "app-events"))
	refused := []string{}
	var lock sync.Mutex
	for n := range 3000 {
		model := fmt.Sprintf("cam-%d", n%3)
		if n == 7 {
			model = "x@example.org"
		}
		body := must(json.Marshal(map[string]any{"at": 1767323045678 + int64(n)*1000, "device_id": fmt.Sprint("d", n%50), "model": model, "latency_ms": n}))
		item := BulkIndexerItem{Action: "index", DocumentID: fmt.Sprint("go-", n), Body: bytes.NewReader(body),
			OnFailure: func(_ context.Context, _ BulkIndexerItem, r BulkResponse, _ error) {
				lock.Lock()
				defer lock.Unlock()
				refused = append(refused, r.Error.Type)
			}}
		if err := indexer.Add(context.Background(), item); err != nil {
			log.Fatal(err)
		}
	}
	if err := indexer.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
	out["created"], out["refused"] = indexer.Stats().NumIndexed, refused
}

// read asks with the typed client: an aggregation, pages by search_after, a document, an error.
func read(out map[string]any, node, user, password string, ca []byte) {
	ctx := context.Background()
	client := must(typed(configuration(node, user, password, ca)))
	out["info"] = must(client.Info().Do(ctx)).Tagline
	out["count"] = must(client.Count().Index("app-events").Do(ctx)).Count
	size, field, slow := 0, "model", "latency_ms"
	reply := must(client.Search().Index("app-events").Size(size).
		Query(&Query{Term: map[string]TermQuery{"model": {Value: "cam-1"}}}).
		Aggregations(map[string]Aggregations{
			"model": {Terms: &termsOf{Field: &field}}, "slow": {Avg: &avgOf{Field: &slow}}}).Do(ctx))
	bucket := reply.Aggregations["model"].(*stringTerms).Buckets.([]stringBucket)[0]
	out["total"], out["model"] = reply.Hits.Total.Value, []any{bucket.Key, bucket.DocCount}
	out["slow"] = reply.Aggregations["slow"].(*average).Value
	out["pages"] = pages(node, user, password, ca)
	document := must(client.Get("app-events", "go-1").Do(ctx))
	out["source"] = document.Source_
	_, err := client.Search().Index("nothing-here").Do(ctx)
	var elastic *ElasticError
	if errors.As(err, &elastic) {
		out["error"] = []any{elastic.Status, elastic.ErrorCause.Type}
	}
}

// pages walks all rows in pages of 700 by search_after and counts the ids it has not seen before.
func pages(node, user, password string, ca []byte) int {
	client := must(plain(configuration(node, user, password, ca)))
	seen := map[string]bool{}
	var after json.RawMessage
	for {
		request := map[string]any{"size": 700, "_source": false, "sort": []any{map[string]string{"latency_ms": "asc"}}}
		if after != nil {
			request["search_after"] = after
		}
		reply := must(client.Search(client.Search.WithIndex("app-events"), client.Search.WithBody(bytes.NewReader(must(json.Marshal(request))))))
		var page struct {
			Hits struct {
				Hits []struct {
					ID   string          `json:"_id"`
					Sort json.RawMessage `json:"sort"`
				} `json:"hits"`
			} `json:"hits"`
		}
		err := json.NewDecoder(reply.Body).Decode(&page)
		reply.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		if len(page.Hits.Hits) == 0 {
			return len(seen)
		}
		for _, hit := range page.Hits.Hits {
			seen[hit.ID] = true
			after = hit.Sort
		}
	}
}

func main() {
	node, ca := os.Args[1], must(os.ReadFile(os.Args[2]))
	out := map[string]any{}
	push(out, node, os.Args[5], os.Args[6], ca)
	read(out, node, os.Args[3], os.Args[4], ca)
	fmt.Println(string(must(json.Marshal(out))))
}
