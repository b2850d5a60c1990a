export { createRewriter, type Rewriter, type RewriterOptions } from './create-rewriter.ts'
export { loadParser } from './statement/parser.ts'
