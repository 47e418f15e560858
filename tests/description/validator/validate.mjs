// Prints what AsyncAPI's own parser says of a document: a JSON array of {code, severity, message, path}.

import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'))
const unread = document ? [] : [{ code: 'unread', severity: 0, message: 'no document came of it', path: [] }]
console.log(JSON.stringify([...diagnostics, ...unread]))
