// @confluentinc/schemaregistry with kafkajs: `produce|consume URL BROKERS TOPIC [KEY SECRET]`.
// Its reader's schema is the latest one, or the latest with some metadata: versions say which of three they are.
const { Kafka, logLevel } = require('kafkajs')
const { AvroDeserializer, AvroSerializer, SchemaRegistryClient, SerdeType } = require('@confluentinc/schemaregistry')
const { schemas, values } = require('./users.json')

async function produce(kafka, client, topic) {
  const producer = kafka.producer()
  await producer.connect()
  for (const [index, value] of values.entries()) {
    const metadata = { properties: { step: String(index + 1) } }
    await client.register(`${topic}-value`, { schema: JSON.stringify(schemas[index]), schemaType: 'AVRO', metadata })
    const options = { useLatestWithMetadata: metadata.properties, autoRegisterSchemas: false }
    const serializer = new AvroSerializer(client, SerdeType.VALUE, options)
    await producer.send({ topic, messages: [{ value: await serializer.serialize(topic, value) }] })
  }
  await producer.disconnect()
}

async function consume(kafka, client, topic) {
  const subject = `${topic}-value`
  const { metadata } = await client.getSchemaMetadata(subject, 1)
  const read = { last: new AvroDeserializer(client, SerdeType.VALUE, { useLatestVersion: true }) }
  if (metadata) read.first = new AvroDeserializer(client, SerdeType.VALUE, { useLatestWithMetadata: { step: '1' } })
  const found = Object.fromEntries(Object.keys(read).map((name) => [name, []]))
  const consumer = kafka.consumer({ groupId: `confluentjs-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise((resolve, reject) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        try {
          for (const [name, reader] of Object.entries(read)) {
            found[name].push({ ...(await reader.deserialize(topic, message.value)) })
          }
        } catch (error) {
          reject(error)
        }
        if (found.last.length === values.length) resolve()
      },
    })
  })
  await consumer.disconnect()
  console.log(JSON.stringify(found))
}

async function main(action, url, brokers, topic, key, secret) {
  const login = key ? { basicAuthCredentials: { credentialsSource: 'USER_INFO', userInfo: `${key}:${secret}` } } : {}
  const client = new SchemaRegistryClient({ baseURLs: [url], ...login })
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  await (action === 'produce' ? produce : consume)(kafka, client, topic)
}

main(...process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1) })
