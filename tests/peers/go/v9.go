//go:build v9

package main

import (
	elasticsearch "github.com/elastic/go-elasticsearch/v9"
	"github.com/elastic/go-elasticsearch/v9/esutil"
	"github.com/elastic/go-elasticsearch/v9/typedapi/types"
)

type (
	Aggregations    = types.Aggregations
	average         = types.AvgAggregate
	stringTerms     = types.StringTermsAggregate
	stringBucket    = types.StringTermsBucket
	avgOf           = types.AverageAggregation
	termsOf         = types.TermsAggregation
	BulkIndexerItem = esutil.BulkIndexerItem
	BulkResponse    = esutil.BulkIndexerResponseItem
	ElasticError    = types.ElasticsearchError
	Query           = types.Query

	TermQuery = types.TermQuery
)

func configuration(node, user, password string, ca []byte) elasticsearch.Config {
	return elasticsearch.Config{Addresses: []string{node}, Username: user, Password: password, CACert: ca, CompressRequestBody: true}
}

func plain(c elasticsearch.Config) (*elasticsearch.Client, error) { return elasticsearch.NewClient(c) }
func typed(c elasticsearch.Config) (*elasticsearch.TypedClient, error) {
	return elasticsearch.NewTypedClient(c)
}

func bulk(client *elasticsearch.Client, index string) (esutil.BulkIndexer, error) {
	return esutil.NewBulkIndexer(esutil.BulkIndexerConfig{Client: client, Index: index, NumWorkers: 2, FlushBytes: 50000})
}
