#!/usr/bin/env node
// Syntax that old versions of Node can read, too: they get a sentence instead of a stack of syntax errors.
var major = parseInt(process.versions.node, 10)

if (major < 24) {
  console.error('agentvault-registry needs Node 24 or newer; this is Node %s.', process.versions.node)
  process.exitCode = 78
} else {
  void import('../dist/main.js')
}
