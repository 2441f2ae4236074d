// Reads AsyncAPI documents with AsyncAPI's own parser, Avro schemas included, and tells what each comes to.
const fs = require('fs');
const { Parser } = require('@asyncapi/parser');
const { AvroSchemaParser } = require('@asyncapi/avro-schema-parser');

const ERROR = 0;

// for documents of version 3 the parser converts Avro schemas and leaves it to us to have them validated
async function avroErrors(path) {
  const messages = JSON.parse(fs.readFileSync(path, 'utf8')).components.messages;
  const found = [];
  for (const [name, message] of Object.entries(messages)) {
    const input = { data: message.payload.schema, schemaFormat: message.payload.schemaFormat, path: [name, 'payload'] };
    const errors = await AvroSchemaParser().validate(input);
    found.push(...errors.map((one) => ({ code: 'avro', path: one.path.join('/'), message: one.message })));
  }
  return found;
}

async function read(path) {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  const { document, diagnostics } = await parser.parse(fs.readFileSync(path, 'utf8'));
  const errors = diagnostics.filter((one) => one.severity === ERROR);
  const told = errors.map((one) => ({ code: one.code, path: one.path.join('/'), message: one.message }));
  told.push(...(await avroErrors(path)));
  if (!document) return { errors: told };
  return {
    errors: told,
    channels: document.channels().all().map((one) => one.address()).sort(),
    actions: document.operations().all().map((one) => one.action()).sort(),
    messages: document.components().messages().all().length,
  };
}

(async () => {
  const told = [];
  for (const path of process.argv.slice(2)) told.push(await read(path));
  console.log(JSON.stringify(told));
})();
