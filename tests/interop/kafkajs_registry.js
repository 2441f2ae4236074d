// Run by node with the packages of build/clients-node: registry URL. Registers, encodes, decodes, prints JSON.
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')

const NAME = { name: 'name', type: 'string' }
const MAIL = { name: 'mail', type: 'string', default: 'none' }
const user = (...fields) => JSON.stringify({ type: 'record', name: 'User', namespace: 'city', fields })

async function main(host) {
  const registry = new SchemaRegistry({ host })
  const subject = 'kafkajs-value'
  const options = { subject, compatibility: 'FULL' }
  const first = await registry.register({ type: SchemaType.AVRO, schema: user(NAME) }, options)
  const again = await registry.register({ type: SchemaType.AVRO, schema: user(NAME) }, options)
  const second = await registry.register({ type: SchemaType.AVRO, schema: user(NAME, MAIL) }, options)
  const bytes = await registry.encode(second.id, { name: 'a', mail: 'a@b' })
  const fresh = new SchemaRegistry({ host })
  let refused = null
  try {
    await registry.register({ type: SchemaType.AVRO, schema: user({ name: 'new', type: 'string' }) }, options)
  } catch (error) {
    refused = error.status
  }
  console.log(JSON.stringify({
    same: first.id === again.id,
    wire: bytes.readInt8(0) === 0 && bytes.readInt32BE(1) === second.id,
    read: await fresh.decode(bytes),
    latest: (await registry.getLatestSchemaId(subject)) === second.id,
    found: (await registry.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema: user(NAME) })) === first.id,
    refused,
  }))
}

main(process.argv[2]).catch((error) => { console.error(error); process.exit(1) })
