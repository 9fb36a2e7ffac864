// SPDX-License-Identifier: Apache-2.0

package pcap

const (
	allowedPrimitive = "a primitive such as udp, host 10.0.0.1, net 10.0.0.0/8, port 8888, vlan 5, len < 100 or udp[0:2] = 8888"
	allowedJoint     = "and, or, or the end"
)

// filterParser is a parser by recursive descent. It follows libpcap's grammar (grammar.y.in) in
// that "and" and "or" have the same precedence, and in what keywords apply to a value without.
type filterParser struct {
	tokens []token
	// at is the index of the next token.
	at int
	// inherited is the qualifier for values without one; its kind is "" if there isn't any.
	inherited qualifier
	// nesting counts what parentheses don't: not, and unary minus.
	nesting int
}

func (p *filterParser) peek() token { return p.tokens[p.at] }

// take goes to the next token and returns the one before. The end is never passed.
func (p *filterParser) take() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

// takeIf takes the next token if it is one of those.
func (p *filterParser) takeIf(texts ...string) bool {
	for _, text := range texts {
		if p.peek().is(text) {
			p.at++
			return true
		}
	}
	return false
}

func (p *filterParser) expect(text string) error {
	if !p.takeIf(text) {
		return filterError(p.peek(), text)
	}
	return nil
}

// nest counts one level more. The caller subtracts it again.
func (p *filterParser) nest() error {
	if p.nesting++; p.nesting > filterMaxNesting {
		return filterError(p.peek(), "fewer levels within each other")
	}
	return nil
}

func (p *filterParser) parseAll() (condition, error) {
	c, err := p.parseChain(p.parseTerm)
	if err == nil && p.peek().kind != tokenEnd {
		err = filterError(p.peek(), allowedJoint)
	}
	return c, err
}

// parseChain reads what is joined by and, or: from left to right, with equal precedence.
func (p *filterParser) parseChain(part func() (condition, error)) (condition, error) {
	left, err := part()
	for err == nil {
		and := p.takeIf("and", "&&")
		if !and && !p.takeIf("or", "||") {
			return left, nil
		}
		var right condition
		right, err = part()
		if and {
			left = andCondition{left, right}
		} else {
			left = orCondition{left, right}
		}
	}
	return nil, err
}

// parseTerm reads a primitive, a comparison, a negation, a group, or a value that inherits its
// keywords.
func (p *filterParser) parseTerm() (condition, error) {
	t := p.peek()
	switch {
	case p.beginsComparison():
		p.inherited = qualifier{}
		return p.parseComparison()
	case p.takeIf("not", "!"):
		return p.parseNot(p.parseTerm)
	case p.takeIf("("):
		before := p.inherited
		c, err := p.parseChain(p.parseTerm)
		if err == nil {
			err = p.expect(")")
		}
		p.inherited = before
		return c, err
	case beginsPrimitive(t):
		return p.parsePrimitive()
	case t.kind == tokenOperator || t.kind == tokenEnd:
		return nil, filterError(t, allowedPrimitive)
	case p.inherited.kind == "":
		return nil, filterError(t, allowedPrimitive)
	}
	return p.parseValue()
}

func (p *filterParser) parseNot(of func() (condition, error)) (condition, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.nesting-- }()
	c, err := of()
	return notCondition{c}, err
}

// parseValues reads what follows keywords such as host: one value, or several in parentheses.
func (p *filterParser) parseValues() (condition, error) {
	switch {
	case p.takeIf("not", "!"):
		return p.parseNot(p.parseValues)
	case p.takeIf("("):
		c, err := p.parseChain(p.parseValues)
		if err == nil {
			err = p.expect(")")
		}
		return c, err
	}
	return p.parseValue()
}

// beginsComparison tells an arithmetic expression from everything else that may begin alike.
func (p *filterParser) beginsComparison() bool {
	t, following := p.peek(), p.tokens[min(p.at+1, len(p.tokens)-1)]
	switch {
	case t.kind == tokenNumber:
		return isArithmeticOperator(following)
	case t.is("("):
		return isArithmeticOperator(p.tokens[t.partner+1])
	case t.kind == tokenWord:
		return following.is("[") || t.is("len") || t.is("length")
	}
	return t.is("-")
}

func isArithmeticOperator(t token) bool {
	if t.kind != tokenOperator {
		return false
	}
	switch t.text {
	case "(", ")", "[", "]", "!", ":", "&&", "||":
		return false
	}
	return true
}
