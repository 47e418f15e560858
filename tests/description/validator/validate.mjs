// Prints what AsyncAPI's own parser says of documents: for each a JSON array of {code, severity, message, path}.

import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'

for (const path of process.argv.slice(2)) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, 'utf8'))
  const unread = document ? [] : [{ code: 'unread', severity: 0, message: 'no document came of it', path: [] }]
  console.log(JSON.stringify([...diagnostics, ...unread]))
}
