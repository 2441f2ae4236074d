// @kafkajs/confluent-schema-registry with kafkajs: `produce|consume URL BROKERS TOPIC [KEY SECRET]`.
const { Kafka, logLevel } = require('kafkajs')
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry')
const { schemas, values } = require('./users.json')

const text = (index) => ({ type: SchemaType.AVRO, schema: JSON.stringify(schemas.at(index)) })

async function produce(kafka, registry, topic) {
  const producer = kafka.producer()
  await producer.connect()
  for (const [index, value] of values.entries()) {
    const { id } = await registry.register(text(index), { subject: `${topic}-value` })
    await producer.send({ topic, messages: [{ value: await registry.encode(id, value) }] })
  }
  await producer.disconnect()
}

async function consume(kafka, registry, topic) {
  const consumer = kafka.consumer({ groupId: `kafkajs-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const found = { first: [], last: [] }
  await new Promise((resolve, reject) => {
    consumer.run({
      eachMessage: async ({ message }) => {
        try {
          const read = (index) => registry.decode(message.value, { [SchemaType.AVRO]: { readerSchema: schemas.at(index) } })
          found.first.push({ ...(await read(0)) })
          found.last.push({ ...(await read(-1)) })
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

async function main(action, host, brokers, topic, username, password) {
  const registry = new SchemaRegistry({ host, ...(username ? { auth: { username, password } } : {}) })
  const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING })
  await (action === 'produce' ? produce : consume)(kafka, registry, topic)
}

main(...process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1) })
