// Reads Ordertrail's events and prints a JSON line for each change of state.
//
//     npm install --no-package-lock && node consumer.mjs localhost:9092 [PREFIX] [GROUP]
//
// It goes on until it is stopped, and takes up where its group left off. Each record is handled at least once:
// what is done with it must bear a repeat, and `seen` drops those that come while the process lives.

import kafkajs from 'kafkajs'
import { decompress } from 'fzstd'

const { Kafka, CompressionCodecs, CompressionTypes, logLevel } = kafkajs
const [bootstrap, prefix = 'ordertrail.', group = 'example'] = process.argv.slice(2)

// kafkajs has no zstd of its own, and Node has it only from 22.15 on.
CompressionCodecs[CompressionTypes.ZSTD] = () => ({ decompress: async (bytes) => Buffer.from(decompress(bytes)) })

const kafka = new Kafka({ clientId: group, brokers: [bootstrap], logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: group, readUncommitted: false })
const seen = new Map() // partition → the highest log position that was handled
let log // whose events these are: others may write to a topic, by mistake or not

await consumer.connect()
await consumer.subscribe({ topic: `${prefix}events`, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    const header = (name) => message.headers[name]?.toString()
    if (!header('ce_source')?.startsWith('urn:ordertrail:')) return
    log ??= header('ce_source')
    if (header('ce_source') !== log) return
    const position = BigInt(header('ce_position'))
    if (header('ce_replay') === 'true' || position <= (seen.get(partition) ?? 0n)) return
    if (header('ce_type') === 'ordertrail.state-changed.v1') tell(header, JSON.parse(message.value))
    seen.set(partition, position)
  }
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => consumer.disconnect())

function tell(header, { state, phase, not_before, not_after, data }) {
  const known = { order: header('ce_subject'), state, phase, not_before, not_after, inferred: data.inferred }
  console.log(JSON.stringify(known))
}
