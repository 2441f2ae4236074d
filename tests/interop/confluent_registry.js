// Run by node with the packages of build/clients-node: registry URL. Confluent's own client: serializer, deserializer.
const { SchemaRegistryClient, AvroSerializer, AvroDeserializer, SerdeType } = require('@confluentinc/schemaregistry')

const NAME = { name: 'name', type: 'string' }
const MAIL = { name: 'mail', type: 'string', default: 'none' }
const user = (...fields) => JSON.stringify({ type: 'record', name: 'User', namespace: 'city', fields })

async function main(url) {
  const client = new SchemaRegistryClient({ baseURLs: [url] })
  const subject = 'confluentjs-value'
  const first = await client.register(subject, { schema: user(NAME), schemaType: 'AVRO' })
  await client.register(subject, { schema: user(NAME, MAIL), schemaType: 'AVRO' })
  const serializer = new AvroSerializer(client, SerdeType.VALUE, { useLatestVersion: true })
  const bytes = await serializer.serialize('confluentjs', { name: 'a', mail: 'a@b' })
  const reader = new AvroDeserializer(new SchemaRegistryClient({ baseURLs: [url] }), SerdeType.VALUE, {})
  console.log(JSON.stringify({
    read: await reader.deserialize('confluentjs', bytes),
    versions: await client.getAllVersions(subject),
    latest: (await client.getLatestSchemaMetadata(subject)).version,
    found: (await client.getId(subject, { schema: user(NAME), schemaType: 'AVRO' })) === first,
    compatible: await client.testCompatibility(subject, 2, { schema: user({ name: 'new', type: 'string' }), schemaType: 'AVRO' }),
    deleted: await client.deleteSubject(subject, false),
  }))
}

main(process.argv[2]).catch((error) => { console.error(error); process.exit(1) })
