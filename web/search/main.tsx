/** The search page, in the browser. */
import { render } from 'preact'

const page = document.getElementById('page')
if (page !== null) render(<h1>Search</h1>, page)
