# A second implementation of SPF for the tests: Mail::SPF. In: the port of a DNS server, then lines "ip<TAB>sender<TAB>helo". Out: a result a line.
use strict;
use warnings;
use Mail::SPF;
use Net::DNS::Resolver;

my $resolver = Net::DNS::Resolver->new(
    nameservers => ['127.0.0.1'], port => shift @ARGV, recurse => 1, defnames => 0, dnsrch => 0, udp_timeout => 2, retry => 1);
my $server = Mail::SPF::Server->new(dns_resolver => $resolver, query_rr_types => Mail::SPF::Server->query_rr_type_txt);
$| = 1;
while (my $line = <STDIN>) {
    chomp $line;
    my ($ip, $sender, $helo) = split /\t/, $line;
    my $code = eval {
        my $request = Mail::SPF::Request->new(
            versions => [1], scope => $sender ? 'mfrom' : 'helo', identity => $sender || $helo, ip_address => $ip, helo_identity => $helo);
        $server->process($request)->code;
    };
    print defined $code ? "$code\n" : "error\n";
}
