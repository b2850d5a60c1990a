/** A kind of expense: who sells it, and what it usually costs, in cents. */
export interface Category {
  readonly name: string
  readonly vendors: readonly string[]
  readonly usual: readonly [low: number, high: number]
  /** How often it occurs, compared with the others. */
  readonly weight: number
}

/** What a company spends on. The vendors are invented. */
export const CATEGORIES: readonly Category[] = [
  {
    name: 'meals',
    vendors: ['Gasthaus Linde', 'Trattoria Bellini', 'Nordsee Kantine', 'Cafe Amsel'],
    usual: [900, 14_000],
    weight: 9,
  },
  { name: 'taxi', vendors: ['Stadttaxi Sommer', 'CityCab', 'Funktaxi West'], usual: [800, 9_000], weight: 6 },
  { name: 'rail', vendors: ['Alpenbahn', 'Rheinlinie', 'Nordexpress'], usual: [2_500, 32_000], weight: 7 },
  { name: 'flights', vendors: ['Kestrel Air', 'Baltic Wings', 'Meridian Airways'], usual: [9_000, 190_000], weight: 5 },
  {
    name: 'hotel',
    vendors: ['Hotel Adler', 'Parkhotel Seeblick', 'Stay Central', 'Pension Rosengarten'],
    usual: [8_000, 160_000],
    weight: 6,
  },
  { name: 'office', vendors: ['Papier & Co', 'Bueroland', 'Schreibwaren Vogt'], usual: [500, 45_000], weight: 6 },
  {
    name: 'hardware',
    vendors: ['Kabelwerk', 'Rechenzentrum Nord', 'Monitor Direkt'],
    usual: [3_000, 420_000],
    weight: 4,
  },
  { name: 'software', vendors: ['Cloudhafen', 'Lizenz24', 'Datenfeld'], usual: [1_500, 380_000], weight: 4 },
  { name: 'training', vendors: ['Akademie am Fluss', 'Seminarhaus Birke'], usual: [15_000, 350_000], weight: 2 },
  {
    name: 'consulting',
    vendors: ['Brandt Beratung', 'Kaltenbach & Partner', 'Ostwind Consulting'],
    usual: [80_000, 980_000],
    weight: 2,
  },
  { name: 'legal', vendors: ['Kanzlei Morgenthal', 'Sommer Rechtsanwaelte'], usual: [60_000, 890_000], weight: 1 },
]
