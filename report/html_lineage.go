package report

import (
	"fmt"

	"github.com/sekisho/sekisho"
)

// Sizes of the lineage drawing.
const (
	nodeWide = 198
	nodeHigh = 48
	nodeGap  = 11 // between rows
	edgeWide = 26 // between columns
	depthMax = 24 // columns; deeper ones stand in the last
)

// htmlLineage is the drawing of who issued which credential, and the same as a
// nested list.
type htmlLineage struct {
	Width, Height string
	Label         string
	Nodes         []htmlNode
	Edges         []string
	Tree          []*htmlTree
	More          string
	After         bool // some are dashed
	Cuts          bool // some bear a cut
}

type htmlNode struct {
	X, Y, W, H                 string
	Via, Name, ID, Time, Title string
	Root, After                bool
	Cut, CutX, CutY            string // when the plan cuts it
	CutTextX, CutTextY         string
}

// htmlTree is a credential and those that it issued.
type htmlTree struct {
	Text     string
	Children []*htmlTree
}

// drawLineage puts each credential right of the one that issued it, the first
// in its issuer's row, so that a chain is a straight line.
func drawLineage(in *sekisho.Incident, names map[string]string) *htmlLineage {
	g := &htmlLineage{}
	list := in.Credentials
	if len(list) > htmlNodesMax {
		g.More = fmt.Sprintf("%d more credentials are not drawn; --format json lists them all", len(list)-htmlNodesMax)
		list = list[:htmlNodesMax]
	}
	at := map[string]int{}
	for i := range list {
		if list[i].ID != "" {
			at[list[i].ID] = i
		}
	}
	children := make([][]int, len(list))
	var tops []int
	for i := range list {
		if by, ok := at[list[i].IssuedBy]; ok && by != i && list[i].IssuedBy != "" {
			children[by] = append(children[by], i)
		} else {
			tops = append(tops, i)
		}
	}
	cuts := map[string]string{}
	if in.Containment != nil {
		for _, a := range in.Containment.Actions {
			if cuts[a.Target] == "" {
				cuts[a.Target] = offset(in, a.At)
			}
		}
	}

	row, deepest := 0, 0
	drawn := make([]bool, len(list))
	var draw func(i, depth int) (*htmlTree, float64)
	draw = func(i, depth int) (*htmlTree, float64) {
		drawn[i] = true
		deepest = max(deepest, depth)
		x, y := float64(min(depth, depthMax))*(nodeWide+edgeWide)+2, float64(row)*(nodeHigh+nodeGap)+10
		n := node(in, &list[i], names, x, y, at)
		n.Cut = cuts[list[i].ID]
		g.Cuts = g.Cuts || n.Cut != ""
		g.After = g.After || n.After
		g.Nodes = append(g.Nodes, n)
		tree := &htmlTree{Text: n.Title}
		if n.Cut != "" {
			tree.Text += "; cut planned at " + n.Cut
		}
		first := true
		for _, k := range children[i] {
			if drawn[k] {
				continue // records that contradict each other
			}
			if !first {
				row++
			}
			first = false
			child, cy := draw(k, depth+1)
			tree.Children = append(tree.Children, child)
			from, to, middle := x+nodeWide, x+nodeWide+edgeWide, x+nodeWide+edgeWide/2
			if depth >= depthMax {
				continue
			}
			g.Edges = append(g.Edges, fmt.Sprintf("M%s %sH%sV%sH%s", px(from), px(y+nodeHigh/2), px(middle), px(cy+nodeHigh/2), px(to)))
		}
		return tree, y
	}
	add := func(i int) {
		tree, _ := draw(i, 0)
		g.Tree = append(g.Tree, tree)
		row++
	}
	for _, i := range tops {
		add(i)
	}
	for i := range list { // circles, which no true record makes
		if !drawn[i] {
			add(i)
		}
	}
	g.Width = px(float64(min(deepest, depthMax)+1)*(nodeWide+edgeWide) - edgeWide + 4)
	g.Height = px(float64(row)*(nodeHigh+nodeGap) + 12)
	g.Label = fmt.Sprintf("Lineage of %s, from the root on the left to what it led to on the right. The list below says the same in words.", count(int64(len(list)), "credential"))
	return g
}

func node(in *sekisho.Incident, c *sekisho.Credential, names map[string]string, x, y float64, at map[string]int) htmlNode {
	const nameLong, viaLong = 21, 30 // characters that fit
	name := who(names, c.Identity)
	n := htmlNode{X: px(x), Y: px(y), W: px(nodeWide), H: px(nodeHigh), CutX: px(x + nodeWide - 82), CutY: px(y - 8), CutTextX: px(x + nodeWide - 45), CutTextY: px(y + 2.5),
		Name: clean(name, nameLong), ID: clean(c.ID, 22), Root: c.Identity == in.Root.ID && c.IssuedBy == ""}
	n.Title = name
	if c.Session != "" {
		n.Title += ", session " + clean(c.Session, nameMax)
	}
	if c.ID == "" {
		n.ID = "no key"
	}
	n.Title += ", " + clean(n.ID, nameMax)
	_, known := at[c.IssuedBy]
	switch {
	case n.Root:
		n.Via = "root of the lineage"
	case c.Via != "":
		n.Via = clean(c.Via, viaLong)
		n.Title += ": by " + clean(c.Via, nameMax)
	default:
		n.Via = "origin not in the records"
	}
	if c.IssuedBy != "" && !known {
		n.Title += " of " + clean(c.IssuedBy, nameMax)
	}
	if !c.IssuedAt.IsZero() {
		n.Time = offset(in, c.IssuedAt)
		n.Title += ", " + stamp(in, c.IssuedAt).Clock + " (" + n.Time + ")"
	}
	if c.Strength != "" {
		n.Title += ", joined by " + clean(c.Strength, nameMax)
	}
	n.After = in.Containment != nil && c.IssuedAt.After(in.Containment.At)
	return n
}
