#!/usr/bin/env node
// Syntax that old versions of Node can read, too: they get a sentence instead of a stack of syntax errors.
var major = parseInt(process.versions.node, 10)

if (major < 24) {
  console.error('agentvault-registry needs Node 24 or newer; this is Node %s.', process.versions.node)
  process.exitCode = 78
} else {
  if (process.argv[2] === 'serve') tuneMemory()
  void import('../dist/main.js')
}

// How V8 keeps memory, which only Node's command line can say: this process begins anew with it, under the same id.
// Its young generation grows to some 30 MB while a program loads, and an idle registry would hold on to them: bounded it
// takes 20 MB less. Its old one is looked through as soon as a few megabytes were added, which every caller feels; let
// to grow twofold first, and not looked through in case it might become smaller, it is done a quarter as often.
// An operator's own settings stand; where a process cannot begin anew (Windows) it is as V8 would have it.
function tuneMemory() {
  var own = process.execArgv.concat(process.env.NODE_OPTIONS || '').join(' ')
  if (
    process.platform === 'win32' ||
    !process.execve ||
    /semi[-_]space|heap[-_]growing|memory[-_]reducer/.test(own)
  )
    return
  var tuning = ['--max-semi-space-size=8', '--heap-growing-percent=100', '--no-memory-reducer']
  var command = [process.argv0].concat(tuning, process.execArgv, process.argv.slice(1))
  process.execve(process.execPath, command, process.env)
}
