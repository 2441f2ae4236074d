// Run with `go run . URL`: franz-go's client of the registry API registers, looks up, checks, deletes; prints JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/sr"
)

const first = `{"type":"record","name":"User","namespace":"city","fields":[{"name":"name","type":"string"}]}`
const second = `{"type":"record","name":"User","namespace":"city","fields":[{"name":"name","type":"string"},{"name":"mail","type":"string","default":"none"}]}`
const wrong = `{"type":"record","name":"User","namespace":"city","fields":[{"name":"new","type":"string"}]}`

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func main() {
	ctx := context.Background()
	client := must(sr.NewClient(sr.URLs(os.Args[1])))
	subject := "franz/value"
	one := must(client.CreateSchema(ctx, subject, sr.Schema{Schema: first}))
	two := must(client.CreateSchema(ctx, subject, sr.Schema{Schema: second}))
	again := must(client.CreateSchema(ctx, subject, sr.Schema{Schema: first}))
	_, err := client.CreateSchema(ctx, subject, sr.Schema{Schema: wrong})
	var refused *sr.ResponseError
	errors.As(err, &refused)
	looked := must(client.LookupSchema(ctx, subject, sr.Schema{Schema: second}))
	latest := must(client.SchemaByVersion(ctx, subject, -1))
	checked := must(client.CheckCompatibility(ctx, subject, -1, sr.Schema{Schema: wrong}))
	text := must(client.SchemaByID(ctx, two.ID))
	levels := client.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatFull}, subject)
	must(0, levels[0].Err)
	found := client.Compatibility(ctx, subject)
	must(0, found[0].Err)
	document := map[string]any{
		"same":       one.ID == again.ID,
		"versions":   must(client.SubjectVersions(ctx, subject)),
		"refused":    refused.StatusCode,
		"looked":     looked.Version,
		"latest":     latest.Version,
		"compatible": checked.Is,
		"text":       text.Schema == second,
		"level":      found[0].Level.String(),
		"soft":       must(client.DeleteSubject(ctx, subject, sr.SoftDelete)),
		"hard":       must(client.DeleteSubject(ctx, subject, sr.HardDelete)),
	}
	must(0, json.NewEncoder(os.Stdout).Encode(document))
}
