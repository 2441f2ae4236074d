// franz-go's kgo and sr: `produce|consume URL BROKERS TOPIC USERS_JSON [KEY SECRET]`; sends or reads three versions.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/hamba/avro/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

type users struct {
	Schemas []json.RawMessage `json:"schemas"`
	Values  []map[string]any  `json:"values"`
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func produce(ctx context.Context, kafka *kgo.Client, registry *sr.Client, topic string, all users) {
	for index, text := range all.Schemas {
		made := must(registry.CreateSchema(ctx, topic+"-value", sr.Schema{Schema: string(text)}))
		schema := avro.MustParse(string(text))
		value := all.Values[index]
		if tier, there := value["tier"]; there {
			value["tier"] = int(tier.(float64))
		}
		header := must(new(sr.ConfluentHeader).AppendEncode(nil, made.ID, nil))
		record := &kgo.Record{Topic: topic, Value: append(header, must(avro.Marshal(schema, value))...)}
		must(0, kafka.ProduceSync(ctx, record).FirstErr())
	}
}

func read(ctx context.Context, registry *sr.Client, data []byte, reader avro.Schema) map[string]any {
	var header sr.ConfluentHeader
	id, body, err := header.DecodeID(data)
	must(0, err)
	written := must(registry.SchemaByID(ctx, id))
	resolved := must(avro.NewSchemaCompatibility().Resolve(reader, avro.MustParse(written.Schema)))
	found := map[string]any{}
	must(0, avro.Unmarshal(resolved, body, &found))
	return found
}

func consume(ctx context.Context, kafka *kgo.Client, registry *sr.Client, all users) {
	first := avro.MustParse(string(all.Schemas[0]))
	last := avro.MustParse(string(all.Schemas[len(all.Schemas)-1]))
	found := map[string][]map[string]any{}
	for len(found["last"]) < len(all.Values) {
		fetched := kafka.PollFetches(ctx)
		must(0, fetched.Err())
		fetched.EachRecord(func(record *kgo.Record) {
			found["first"] = append(found["first"], read(ctx, registry, record.Value, first))
			found["last"] = append(found["last"], read(ctx, registry, record.Value, last))
		})
	}
	must(0, json.NewEncoder(os.Stdout).Encode(found))
}

func main() {
	ctx, stop := context.WithTimeout(context.Background(), 60*time.Second)
	defer stop()
	action, url, brokers, topic := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	var all users
	must(0, json.Unmarshal(must(os.ReadFile(os.Args[5])), &all))
	options := []sr.ClientOpt{sr.URLs(url)}
	if len(os.Args) > 6 {
		options = append(options, sr.BasicAuth(os.Args[6], os.Args[7]))
	}
	registry := must(sr.NewClient(options...))
	kafka := must(kgo.NewClient(kgo.SeedBrokers(brokers), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())))
	defer kafka.Close()
	if action == "produce" {
		produce(ctx, kafka, registry, topic, all)
	} else {
		consume(ctx, kafka, registry, all)
	}
}
