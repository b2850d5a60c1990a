export { createDiscovery, type Discovery, type DiscoveryOptions, type ListedTool } from './create-discovery.ts'
export type { JudgeToolOptions, Visibility } from './judge-tool.ts'
export { CAPABILITY_META } from './present-tool.ts'
export type { ToolDescriptor } from './tool-descriptor.ts'
