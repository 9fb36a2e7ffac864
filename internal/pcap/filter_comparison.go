// SPDX-License-Identifier: Apache-2.0

package pcap

import "slices"

// comparison compares two numbers.
type comparison struct {
	operator    string
	left, right expression
}

func (c comparison) match(f *frame) bool {
	a, o := c.left.value(f)
	if o == answered {
		var b uint32
		if b, o = c.right.value(f); o == answered {
			return compare(c.operator, a, b)
		}
	}
	if o == unanswerable {
		f.unanswerable = true
	}
	return false
}

func compare(operator string, a, b uint32) bool {
	switch operator {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "!=":
		return a != b
	}
	return a == b
}

var filterRelations = []string{"=", "==", "!=", "<", "<=", ">", ">="}

// arithmeticPrecedence orders the operators, those that bind most tightly last.
var arithmeticPrecedence = [][]string{{"|", "^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}}

// parseComparison reads two expressions and the relation between them.
func (p *filterParser) parseComparison() (condition, error) {
	left, err := p.parseArithmetic(0)
	if err != nil {
		return nil, err
	}
	relation := p.take()
	if relation.kind != tokenOperator || !slices.Contains(filterRelations, relation.text) {
		return nil, filterError(relation, "an arithmetic operator, or = == != < <= > >=")
	}
	right, err := p.parseArithmetic(0)
	return comparison{operator: relation.text, left: left, right: right}, err
}

// parseArithmetic reads operators of that precedence and higher.
func (p *filterParser) parseArithmetic(precedence int) (expression, error) {
	if precedence == len(arithmeticPrecedence) {
		return p.parseOperand()
	}
	left, err := p.parseArithmetic(precedence + 1)
	for err == nil {
		operator := p.peek()
		if !p.takeIf(arithmeticPrecedence[precedence]...) {
			return left, nil
		}
		var right expression
		at := p.peek()
		if right, err = p.parseArithmetic(precedence + 1); err == nil {
			err = checkConstant(operator.text, at, right)
		}
		left = binaryExpression{operator: operator.text, left: left, right: right}
	}
	return nil, err
}

// checkConstant refuses what can't mean anything, as libpcap does.
func checkConstant(operator string, at token, right expression) error {
	number, ok := right.(numberExpression)
	switch {
	case ok && number == 0 && (operator == "/" || operator == "%"):
		return filterError(at, "a divisor that isn't 0")
	case ok && number > 31 && (operator == "<<" || operator == ">>"):
		return filterError(at, "a shift of 0 to 31 bits")
	}
	return nil
}

func (p *filterParser) parseOperand() (expression, error) {
	if err := p.nest(); err != nil {
		return nil, err
	}
	defer func() { p.nesting-- }()
	t := p.take()
	_, protocol := filterProtocols[t.text]
	switch {
	case t.kind == tokenNumber:
		return numberExpression(t.number), nil
	case t.is("len"), t.is("length"):
		return lengthExpression{}, nil
	case t.is("-"):
		of, err := p.parseOperand()
		return negativeExpression{of}, err
	case t.is("("):
		e, err := p.parseArithmetic(0)
		if err == nil {
			err = p.expect(")")
		}
		return e, err
	case t.kind == tokenWord && protocol && p.takeIf("["):
		return p.parseLoad(t.text)
	}
	return nil, filterError(t, "a number, len, or bytes of a header such as udp[8:2]")
}

// parseLoad reads what is in brackets: an offset, and how many bytes.
func (p *filterParser) parseLoad(protocol string) (expression, error) {
	offset, err := p.parseArithmetic(0)
	if err != nil {
		return nil, err
	}
	size := uint32(1)
	if p.takeIf(":") {
		t := p.peek()
		size, err = p.takeNumber(4)
		if err != nil || size == 0 || size == 3 {
			return nil, filterError(t, "1, 2 or 4 bytes")
		}
	}
	return loadExpression{protocol: protocol, offset: offset, size: uint64(size)}, p.expect("]")
}
