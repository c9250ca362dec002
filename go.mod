module github.com/outdial/outdial

go 1.26
