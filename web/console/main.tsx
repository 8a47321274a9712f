/** The console of operators, in the browser. */
import { render } from 'preact'

const page = document.getElementById('page')
if (page !== null) render(<h1>Console</h1>, page)
