#!/usr/bin/env node
// Syntax that old versions of Node can read, too: they get a sentence instead of a stack of syntax errors.
var major = parseInt(process.versions.node, 10)

if (major < 24) {
  console.error('agentvault-registry needs Node 24 or newer; this is Node %s.', process.versions.node)
  process.exitCode = 78
} else {
  if (process.argv[2] === 'serve') boundYoungGeneration()
  import('../dist/main.js').catch(tellWhyNotStarted)
}

// In a checkout the published form is there only when it was built.
function tellWhyNotStarted(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/[\\/]dist[\\/]main\.js$/.test(error.url)) throw error
  console.error('agentvault-registry is not built yet: run `npm run build` in its folder, then this again.')
  process.exitCode = 1
}

// V8 lets its young generation grow to some 30 MB while a program loads, and an idle registry would hold on to them.
// Bounded it takes 25 MB less, but only Node's command line can bound it: this process begins anew with it, under the
// same id. An operator's own setting stands; where a process cannot begin anew (Windows) it is as V8 would have it.
function boundYoungGeneration() {
  var options = process.execArgv.concat(process.env.NODE_OPTIONS || '').join(' ')
  if (process.platform === 'win32' || !process.execve || /semi[-_]space/.test(options)) return
  var command = [process.argv0, '--max-semi-space-size=4'].concat(process.execArgv, process.argv.slice(1))
  process.execve(process.execPath, command, process.env)
}
